import { describe, expect, it } from 'vitest';
import { distance, matrix, multiply as product } from '../../test/support/dense-brick.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { PAGE_RANKS } from './brick.js';
import { multiply, packRanks, pageCount, trimRank, type LowRank } from './pages.js';

const random = new SeededRandom(4);
const lowRank = (rank: number, inWidth: number, out: number): LowRank => ({
  rank,
  a: random.floats(rank * inWidth),
  b: random.floats(out * rank),
});
const dense = ({ rank, a, b }: LowRank, inWidth: number, out: number) =>
  product(matrix(b, out, rank), matrix(a, rank, inWidth));

describe('packRanks', () => {
  it.each([1, 7, 8, 9, 16, 17])('sums over pages to B·A at rank %i, with zeros where a layer has fewer', (rank) => {
    const layers = [lowRank(rank, 5, 6), undefined, lowRank(2, 5, 6)];
    const { pages, a, b } = packRanks(layers, 5, 6);
    expect(pages).toBe(pageCount(rank));
    layers.forEach((update, layer) => {
      let sum = matrix(new Float32Array(30), 6, 5);
      for (let page = 0; page < pages; page++) {
        const row = (page * 3 + layer) * PAGE_RANKS;
        const pageA = matrix(a.subarray(row * 5), PAGE_RANKS, 5);
        const pageB = matrix(b.subarray(row * 6), PAGE_RANKS, 6);
        sum = sum.map((line, o) =>
          line.map((value, i) => value + pageA.reduce((total, ranks, k) => total + ranks[i]! * pageB[k]![o]!, 0)),
        );
      }
      const expected = update ? dense(update, 5, 6) : matrix(new Float32Array(30), 6, 5);
      expect(distance(sum, expected)).toBeLessThan(1e-6);
    });
  });

  it('has no pages when no layer has a rank', () => {
    expect(packRanks([undefined, undefined], 5, 6)).toEqual({ pages: 0, a: new Float32Array(), b: new Float32Array() });
    expect(packRanks([{ rank: 0, a: new Float32Array(), b: new Float32Array() }], 5, 6).pages).toBe(0);
  });
});

describe('trimRank', () => {
  it.each([
    [5, 6],
    [6, 5],
    [5, 5],
  ])('keeps the product of a rank above %i and %i in the narrower width', (inWidth, out) => {
    const update = lowRank(23, inWidth, out);
    const trimmed = trimRank(update, inWidth, out);
    expect(trimmed.rank).toBe(5);
    expect(distance(dense(trimmed, inWidth, out), dense(update, inWidth, out))).toBeLessThan(1e-5);
  });

  it('leaves a low rank as it is', () => {
    const update = lowRank(3, 5, 6);
    expect(trimRank(update, 5, 6)).toBe(update);
  });
});

describe('multiply', () => {
  it('sums in float64', () => {
    const left = Float32Array.of(1e8, 1, -1e8);
    expect([...multiply(left, Float32Array.of(1, 1, 1), 1, 3, 1)]).toEqual([1]);
  });
});
