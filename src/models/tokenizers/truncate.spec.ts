import { describe, expect, it } from 'vitest';
import type { Draft } from './draft.js';
import { truncateLongestFirst } from './truncate.js';

function draft(length: number, sequence = 0): Draft {
  const ids = Array.from({ length }, (_, i) => i);
  return { ids, surfaces: ids.map(String), offsets: ids.flatMap((i) => [i, i + 1]), wordIds: ids, typeId: 0, sequence };
}

function lengths(first: number, second: number, max: number): number[] {
  return truncateLongestFirst([draft(first), draft(second, 1)], max, 'right').map(({ ids }) => ids.length);
}

describe('truncateLongestFirst', () => {
  it('leaves what fits', () => {
    expect(lengths(3, 4, 7)).toEqual([3, 4]);
  });

  it('cuts the longer of two first', () => {
    expect(lengths(3, 9, 8)).toEqual([3, 5]);
    expect(lengths(9, 3, 8)).toEqual([5, 3]);
  });

  it('gives two long ones half each', () => {
    expect(lengths(9, 8, 7)).toEqual([4, 3]);
    expect(lengths(8, 9, 7)).toEqual([3, 4]);
    expect(lengths(9, 9, 0)).toEqual([0, 0]);
  });

  it('keeps every field of the first tokens, or cutting on the left of the last', () => {
    const [right] = truncateLongestFirst([draft(4)], 2, 'right');
    const [left] = truncateLongestFirst([draft(4)], 2, 'left');
    expect(right).toMatchObject({ ids: [0, 1], surfaces: ['0', '1'], offsets: [0, 1, 1, 2], wordIds: [0, 1] });
    expect(left).toMatchObject({ ids: [2, 3], surfaces: ['2', '3'], offsets: [2, 3, 3, 4], wordIds: [2, 3] });
  });
});
