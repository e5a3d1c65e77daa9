import { describe, expect, it } from 'vitest';
import { exactP, mcnemar } from './mcnemar.js';

describe('mcnemar', () => {
  it('is the two-sided binomial: 1 against 7 gives 2 · (1 + 8) / 256', () => {
    expect(exactP(1, 7)).toBeCloseTo(18 / 256, 12);
    expect(exactP(0, 5)).toBeCloseTo(2 / 32, 12);
    expect(exactP(10, 10)).toBe(1);
    expect(exactP(0, 0)).toBe(1);
  });

  it('does not matter in which order, nor how many', () => {
    expect(exactP(7, 1)).toBe(exactP(1, 7));
    expect(exactP(5000, 5200)).toBeGreaterThan(0.04);
    expect(exactP(5000, 5200)).toBeLessThan(0.06);
    expect(exactP(0, 2000)).toBe(0);
  });

  it('counts rows that only one has right', () => {
    expect(mcnemar([1, 1, 0, 0, 1], [1, 0, 1, 0, 0])).toEqual({ onlyFirst: 2, onlySecond: 1, p: 1 });
    expect(mcnemar([], [])).toEqual({ onlyFirst: 0, onlySecond: 0, p: 1 });
  });

  it('refuses lengths that differ and counts below 0', () => {
    expect(() => mcnemar([1], [])).toThrow('expected 1 numbers');
    expect(() => exactP(-1, 0)).toThrow('got -1');
  });
});
