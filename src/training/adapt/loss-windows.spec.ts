import { describe, expect, it } from 'vitest';
import { afterChange, afterLoss, NO_WINDOWS, windowOf, type LossWindows } from './loss-windows.js';

const RULE = { window: 3, minGain: 0.02 };

/** The steps, from 1, after which a run of these losses has stalled. */
function stallsOf(losses: readonly number[]): number[] {
  let windows: LossWindows = NO_WINDOWS;
  return losses.flatMap((loss, at) => {
    const next = afterLoss(windows, loss, RULE);
    windows = next.windows;
    return next.stall ? [at + 1] : [];
  });
}

describe('afterLoss', () => {
  it('sees no stall while the mean of a window falls by more than the least gain', () => {
    expect(stallsOf([9, 8, 7, 6, 5, 4, 3, 2.8, 2.6])).toEqual([]);
  });

  it('sees one at the end of a window whose mean is hardly below that before, whatever single steps do', () => {
    expect(stallsOf([3, 2, 1, 3, 2, 0.95, 1, 3, 2])).toEqual([6, 9]);
    expect(stallsOf([2, 2, 2, 5, 5, 5])).toEqual([6]);
  });

  it('sees none where the loss has been learned', () => {
    expect(stallsOf([9, 9, 9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])).toEqual([]);
  });

  it('begins anew after a change, but for where the run began', () => {
    const { windows } = afterLoss({ sum: 4, steps: 2, before: 2, first: 30 }, 2, RULE);
    expect(afterChange(windows)).toEqual({ sum: 0, steps: 0, before: null, first: 30 });
  });
});

describe('windowOf', () => {
  it.each([
    [94, 1880, 94],
    [5, 600, 20],
    [1, 200, 16],
    [1000, 3000, 300],
    [1, 6, 2],
  ])('%i steps a pass, %i in all: %i', (stepsPerEpoch, totalSteps, window) => {
    expect(windowOf(stepsPerEpoch, totalSteps)).toBe(window);
  });
});
