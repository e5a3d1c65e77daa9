import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { evaluateClassification } from './classification-report.js';
import { evaluateEntities } from './entity-report.js';
import { evaluateMultiLabel } from './multi-label-report.js';
import { evaluateRegression } from './regression-report.js';

const bootstrap = () => ({ samples: 50, random: Random.stream(0, 'bootstrap') });

describe('evaluateClassification', () => {
  const input = {
    labels: ['a', 'b'],
    scores: [0.9, 0.1, 0.6, 0.4, 0.2, 0.8, 0.7, 0.3],
    truth: [0, 0, 1, 1],
    slices: ['x', 'y', 'x', undefined],
  };

  it('puts all together, by label and by slice', () => {
    const report = evaluateClassification(input, bootstrap());
    expect(report).toMatchObject({
      rows: 4,
      accuracy: 0.75,
      confusion: [[2, 0], [1, 1]],
      auc: { macro: 0.75, weighted: 0.75 },
      perSlice: { x: { rows: 2, accuracy: 1 }, y: { rows: 1, accuracy: 1 } },
      intervals: { accuracy: { value: 0.75 } },
    }); // prettier-ignore
    expect(report.perLabel[1]).toEqual({ label: 'b', precision: 1, recall: 0.5, f1: 2 / 3, support: 2, auc: 0.75 });
    expect(report.intervals!.macroF1.value).toBeCloseTo(report.macro.f1, 12);
  });

  it('does not depend on the order of rows', () => {
    const order = [2, 0, 3, 1];
    const turned = {
      ...input,
      scores: order.flatMap((row) => input.scores.slice(2 * row, 2 * row + 2)),
      truth: order.map((row) => input.truth[row]!),
      slices: order.map((row) => input.slices[row]),
    };
    const [first, second] = [evaluateClassification(input), evaluateClassification(turned)];
    expect(second.macro).toEqual(first.macro);
    expect(second.perSlice).toEqual(first.perSlice);
    expect(second.logLoss).toBeCloseTo(first.logLoss, 12);
  });

  it('refuses scores that are not finite or of another count', () => {
    expect(() => evaluateClassification({ ...input, scores: input.scores.map(() => NaN) })).toThrow('got NaN');
    expect(() => evaluateClassification({ ...input, scores: [1, 0] })).toThrow('expected 8 numbers, got 2');
  });
});

it('evaluateMultiLabel puts all together', () => {
  const report = evaluateMultiLabel(
    { labels: ['a', 'b'], scores: [0.9, 0.2, 0.1, 0.6, 0.8, 0.7], truth: [1, 0, 0, 1, 1, 0], slices: ['x', 'x', 'y'] },
    bootstrap(),
  );
  expect(report).toMatchObject({
    rows: 3,
    subsetAccuracy: 2 / 3,
    perLabel: [{ label: 'a', f1: 1, auc: 1 }, { label: 'b', precision: 0.5, auc: 0.5 }],
    perSlice: { x: { rows: 2, subsetAccuracy: 1 }, y: { rows: 1, subsetAccuracy: 0 } },
    intervals: { microF1: { value: 6 / 7 } },
  }); // prettier-ignore
});

it('evaluateEntities puts all together', () => {
  const span = (start: number, end: number) => ({ start, end, label: 'X' });
  const truth = [[span(0, 1)], [span(2, 3)]];
  const report = evaluateEntities({ truth, predicted: [[span(0, 1)], [span(2, 4)]], slices: ['x', 'y'] }, bootstrap());
  expect(report).toMatchObject({
    rows: 2,
    micro: { f1: 0.5 },
    perSlice: { x: { rows: 1, micro: { f1: 1 } }, y: { micro: { f1: 0 } } },
    interval: { value: 0.5, lower: 0, upper: 1 },
  });
});

it('evaluateRegression puts all together', () => {
  const report = evaluateRegression({ truth: [1, 2, 3], predicted: [1, 2, 5], slices: ['x', 'x', 'y'] }, bootstrap());
  expect(report).toMatchObject({
    rows: 3,
    mse: 4 / 3,
    perSlice: { x: { mse: 0 }, y: { mse: 4, pearson: undefined } },
    intervals: { mse: { value: 4 / 3 } },
  });
  expect(report.spearman).toBeCloseTo(1, 12);
});
