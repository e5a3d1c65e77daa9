import { describe, expect, it } from 'vitest';
import { meanAbsoluteError } from './absolute-error.js';
import { pearson, spearman } from './correlation.js';
import { meanSquaredError } from './squared-error.js';

it('errors', () => {
  expect(meanSquaredError([3, -0.5, 2, 7], [2.5, 0, 2, 8])).toBe(0.375);
  expect(meanAbsoluteError([3, -0.5, 2, 7], [2.5, 0, 2, 8])).toBe(0.5);
  expect([meanSquaredError([], []), meanAbsoluteError([], [])]).toEqual([NaN, NaN]);
  expect(() => meanSquaredError([1], [NaN])).toThrow('got NaN at 0');
  expect(() => meanAbsoluteError([1], [1, 2])).toThrow('expected 1 numbers, got 2');
});

describe('correlation', () => {
  it('of Pearson, by hand', () => {
    expect(pearson([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12); // 4 / 5
    expect(pearson([1, 2, 3], [-2, -4, -6])).toBeCloseTo(-1, 12);
  });

  it('of Spearman sees only the order, and shares ranks among ties', () => {
    expect(spearman([1, 2, 3], [1, 100, 10_000])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it('keeps its digits beside a large offset, and does not change with scale', () => {
    const [x, y] = [[1, 2, 3, 4], [1, 3, 2, 4]]; // prettier-ignore
    expect(pearson(x.map((own) => own + 1e9), y)).toBeCloseTo(0.8, 9); // prettier-ignore
    expect(pearson(x.map((own) => 7 * own - 3), y)).toBeCloseTo(0.8, 12); // prettier-ignore
  });

  it('is undefined where one side is constant, also one that rounds, or there are fewer than two rows', () => {
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeUndefined();
    expect([spearman([1, 1], [1, 2]), pearson([1], [1]), pearson([], [])]).toEqual([undefined, undefined, undefined]);
  });

  it('refuses NaN', () => expect(() => spearman([1, NaN], [1, 2])).toThrow('got NaN at 1'));
});
