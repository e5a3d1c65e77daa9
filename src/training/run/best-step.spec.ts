import { describe, expect, it } from 'vitest';
import { afterEvaluation, isStale, type BestStep } from './best-step.js';

function after(metric: string, minDelta: number, values: readonly number[]): BestStep | undefined {
  let best: BestStep | undefined;
  values.forEach(
    (value, at) => (best = afterEvaluation(best, { metric, minDelta }, { step: at + 1, metrics: { [metric]: value } })),
  );
  return best;
}

describe('afterEvaluation', () => {
  it('keeps the least loss and the highest of all else, the first of equal ones', () => {
    expect(after('loss', 0, [3, 1, 2, 1])).toMatchObject({ step: 2, value: 1, stale: 2 });
    expect(after('accuracy', 0, [0.3, 0.9, 0.9])).toMatchObject({ step: 2, stale: 1 });
  });

  it('counts only improvements by more than minDelta, and never a metric that is no number', () => {
    expect(after('loss', 0.5, [3, 2.6, 2.2])).toMatchObject({ step: 3 });
    expect(after('loss', 0, [1, NaN, NaN])).toMatchObject({ step: 1, stale: 2 });
  });

  it('is stale when patience is over', () => {
    const rule = { metric: 'loss', patience: 2, minDelta: 0 };
    expect(isStale(after('loss', 0, [1, 2]), rule)).toBe(false);
    expect(isStale(after('loss', 0, [1, 2, 3]), rule)).toBe(true);
    expect(isStale(after('loss', 0, [1, 2, 3]), undefined)).toBe(false);
    expect(isStale(undefined, rule)).toBe(false);
  });
});
