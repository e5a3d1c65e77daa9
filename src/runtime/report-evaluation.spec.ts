import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANSWER_FILES, reportEvaluation, type EvaluationRequest } from './report-evaluation.js';

describe('reportEvaluation', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tessera-report-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const report = async (rows: object[], scores: number[], options: Partial<EvaluationRequest> = {}) => {
    await writeFile(join(directory, ANSWER_FILES.rows), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await writeFile(join(directory, ANSWER_FILES.scores), Buffer.from(Float32Array.from(scores).buffer));
    return reportEvaluation({ directory, kind: 'label', labels: ['a', 'b'], seed: 1, samples: 50, ...options });
  };

  it('gives the figures flat, and the report in snake case with the tenant’s own names as they are', async () => {
    const rows = [
      { kind: 'label', label: 'a', slice: 'northWest' },
      { kind: 'label', label: 'b', slice: 'northWest' },
      { kind: 'label', label: 'b' },
    ];
    const result = await report(rows, [0.75, 0.25, 0.25, 0.75, 0.75, 0.25]);
    expect(result.metrics).toMatchObject({ rows: 3, accuracy: 2 / 3, auc_macro: expect.any(Number) });
    expect(Object.keys(result.metrics)).toEqual(expect.arrayContaining(['macro_f1', 'weighted_f1', 'ece', 'log_loss']));
    const { per_slice, per_label, confusion, intervals, calibration } = result.report;
    expect(per_slice).toMatchObject({ northWest: { rows: 2, accuracy: 1, log_loss: expect.any(Number) } });
    expect(per_label).toMatchObject([{ label: 'a' }, { label: 'b' }]);
    expect(confusion).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(intervals).toMatchObject({ accuracy: { value: 2 / 3 }, macro_f1: {} });
    expect(calibration).toHaveProperty('equal_width');
  });

  it('gives the same intervals for the same seed, and none for no samples', async () => {
    const rows = [0.1, 0.4, 0.9, 0.3].map((value) => ({ kind: 'value', value }));
    const ask = (options: Partial<EvaluationRequest>) =>
      report(rows, [0.2, 0.3, 0.7, 0.9], { kind: 'value', labels: ['score'], ...options });
    const [a, b, none] = [await ask({}), await ask({}), await ask({ samples: 0 })];
    expect(a).toEqual(b);
    expect(none.report).not.toHaveProperty('intervals');
  });

  it('writes null where a figure is no number', async () => {
    const { metrics, report: told } = await report([{ kind: 'losses', losses: [800] }], [], { kind: 'losses' });
    expect([metrics['perplexity'], told['perplexity'], told['loss']]).toEqual([undefined, null, 800]);
  });
});
