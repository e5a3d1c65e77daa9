import { describe, expect, it } from 'vitest';
import { shotLoss } from './shot-loss.js';

const row = { inputIds: Int32Array.of(1), weight: 1, tokens: 1 };
const single = { labels: ['a', 'b'], problem: 'single' } as const;

describe('shotLoss', () => {
  it('is the cross-entropy of a label, whatever the size of the logits', () => {
    expect(shotLoss(Float32Array.of(0, 0), { ...row, label: 1 }, single).sum).toBeCloseTo(Math.LN2, 12);
    expect(shotLoss(Float32Array.of(1e4, 0), { ...row, label: 1 }, single).sum).toBeCloseTo(1e4, 6);
    expect(shotLoss(Float32Array.of(-1e30, 0), { ...row, label: 1, weight: 2 }, single)).toEqual({ sum: 0, weight: 2 });
  });

  it('counts tokens that have a label', () => {
    const tokens = { ...row, inputIds: Int32Array.of(1, 2, 3), tokenLabels: Int32Array.of(-100, 0, 1) };
    const { sum, weight } = shotLoss(Float32Array.of(9, 9, 0, 0, 0, Math.log(3)), tokens, single);
    expect(sum).toBeCloseTo(Math.LN2 + Math.log(4 / 3), 6);
    expect(weight).toBe(2);
    expect(shotLoss(Float32Array.of(9, 9), { ...row, tokenLabels: Int32Array.of(-100) }, single)).toEqual({
      sum: 0,
      weight: 0,
    });
  });

  it('is that of several labels, and of numbers', () => {
    const multi = { labels: ['a', 'b'], problem: 'multi' } as const;
    const { sum } = shotLoss(Float32Array.of(0, 800), { ...row, values: Float32Array.of(1, 0) }, multi);
    expect(sum).toBeCloseTo((Math.LN2 + 800) / 2, 6);
    const regression = { labels: ['value'], problem: 'regression' } as const;
    expect(shotLoss(Float32Array.of(3), { ...row, values: Float32Array.of(1) }, regression)).toEqual({
      sum: 4,
      weight: 1,
    });
  });

  it('refuses logits of other labels', () => {
    expect(() => shotLoss(new Float32Array(3), { ...row, label: 0 }, single)).toThrow('expected 1 rows of 2, got 3');
  });
});
