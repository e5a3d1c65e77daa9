import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { evaluateAnswers, type Answer } from './answers.js';
import type { ClassificationReport } from './classification-report.js';
import type { EntityReport } from './entity-report.js';
import type { MaskedLmReport } from './masked-lm-report.js';
import type { MultiLabelReport } from './multi-label-report.js';
import type { RegressionReport } from './regression-report.js';

const bootstrap = () => ({ samples: 200, random: Random.stream(1, 'bootstrap') });

describe('evaluateAnswers', () => {
  it('counts a label that the model does not know as answered wrongly', () => {
    const rows: Answer[] = ['a', 'b', 'new', 'a'].map((label) => ({ kind: 'label', label }));
    const scores = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7);
    const report = evaluateAnswers({ kind: 'label', rows, labels: ['a', 'b'], scores }) as ClassificationReport;
    expect(report.accuracy).toBe(0.5);
    expect(report.perLabel.map(({ label, recall }) => [label, recall])).toEqual([
      ['a', 0.5],
      ['b', 1],
      ['new', 0],
    ]);
    expect(report.confusion).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });

  it('scores several labels a row, none of them included', () => {
    const rows: Answer[] = [
      { kind: 'labels', labels: ['a', 'b'] },
      { kind: 'labels', labels: [] },
    ];
    const scores = Float32Array.of(0.9, 0.8, 0.1, 0.6);
    const report = evaluateAnswers({ kind: 'labels', rows, labels: ['a', 'b'], scores }) as MultiLabelReport;
    expect([report.subsetAccuracy, report.hammingLoss]).toEqual([0.5, 0.25]);
  });

  it('measures values by their distance, with an interval around it', () => {
    const rows: Answer[] = [1, 2, 3, 4].map((value) => ({ kind: 'value', value }));
    const scores = Float32Array.of(1.5, 2.5, 3.5, 4.5);
    const report = evaluateAnswers({ kind: 'value', rows, labels: [], scores }, bootstrap()) as RegressionReport;
    expect([report.mse, report.mae]).toEqual([0.25, 0.5]);
    expect(report.intervals?.mse).toEqual({ value: 0.25, lower: 0.25, upper: 0.25 });
  });

  it('counts an entity as found only when place and label are right', () => {
    const truth = [{ start: 0, end: 3, label: 'PER' }];
    const rows: Answer[] = [
      { kind: 'entities', truth, predicted: truth, slice: 'x' },
      { kind: 'entities', truth, predicted: [{ start: 0, end: 4, label: 'PER' }], slice: 'y' },
    ];
    const report = evaluateAnswers({ kind: 'entities', rows, labels: [], scores: new Float32Array() }) as EntityReport;
    expect(report.micro.f1).toBe(0.5);
    expect([report.perSlice['x']?.micro.f1, report.perSlice['y']?.micro.f1]).toEqual([1, 0]);
  });

  it('takes the mean loss over positions, not over rows, and its interval over rows', () => {
    const rows: Answer[] = [
      { kind: 'losses', losses: [1, 1, 1], slice: 'x' },
      { kind: 'losses', losses: [5] },
      { kind: 'losses', losses: [] },
    ];
    const asked = { kind: 'losses' as const, rows, labels: [], scores: new Float32Array() };
    const report = evaluateAnswers(asked, bootstrap()) as MaskedLmReport;
    expect([report.loss, report.positions, report.rows]).toEqual([2, 4, 3]);
    expect(report.perplexity).toBeCloseTo(Math.exp(2), 12);
    expect(report.perSlice).toEqual({ x: { rows: 1, loss: 1, perplexity: Math.E, positions: 3 } });
    expect(report.interval).toMatchObject({ value: 2, lower: 1 });
  });
});
