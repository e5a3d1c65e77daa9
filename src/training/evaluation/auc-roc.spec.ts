import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { aucRoc, oneVsRestAuc } from './auc-roc.js';
import { midRanks } from './ranks.js';

it('midRanks shares ranks among ties', () => {
  expect([...midRanks([3, 1, 3, 2])]).toEqual([3.5, 1, 3.5, 2]);
  expect([...midRanks([5, 5, 5])]).toEqual([2, 2, 2]);
  expect([...midRanks([])]).toEqual([]);
});

describe('aucRoc', () => {
  it('counts pairs in order: 3 of 4, and a tie as half', () => {
    expect(aucRoc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(aucRoc([0.4, 0.4, 0.8], [0, 1, 1])).toBe(0.75);
    expect(aucRoc([7, 7, 7, 7], [0, 1, 0, 1])).toBe(0.5);
  });

  it('is 1 and 0 for perfect and reversed order', () => {
    expect([aucRoc([1, 2, 3], [0, 0, 1]), aucRoc([1, 2, 3], [1, 0, 0])]).toEqual([1, 0]);
  });

  it('is undefined for one class', () => {
    expect([aucRoc([1, 2], [1, 1]), aucRoc([1, 2], [0, 0]), aucRoc([], [])]).toEqual([undefined, undefined, undefined]);
  });

  it('equals the count over all pairs, turns with the labels, and sees only the order', () => {
    const random = Random.stream(2, 'auc');
    const scores = Array.from({ length: 80 }, () => random.below(20));
    const positives = scores.map(() => random.below(2));
    let [wins, pairs] = [0, 0];
    scores.forEach((a, i) =>
      scores.forEach((b, j) => {
        if (positives[i] !== 1 || positives[j] !== 0) return;
        pairs++;
        wins += a > b ? 1 : a === b ? 0.5 : 0;
      }),
    );
    const area = aucRoc(scores, positives)!;
    expect(area).toBeCloseTo(wins / pairs, 12);
    expect(aucRoc(scores, positives.map((is) => 1 - is))).toBeCloseTo(1 - area, 12); // prettier-ignore
    expect(aucRoc(scores.map((x) => Math.exp(x) - 3), positives)).toBe(area); // prettier-ignore
  });

  it('refuses NaN', () => expect(() => aucRoc([NaN, 1], [0, 1])).toThrow('expected finite numbers, got NaN at 0'));
});

describe('oneVsRestAuc', () => {
  it('takes each class against the rest and leaves out classes that are absent', () => {
    const scores = [0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.5, 0.4, 0.1];
    const { perLabel, macro, weighted } = oneVsRestAuc(scores, [0, 1, 0], 3);
    expect(perLabel).toEqual([1, 1, undefined]);
    expect([macro, weighted]).toEqual([1, 1]);
    expect(oneVsRestAuc([0.9, 0.1], [0], 2)).toEqual({ perLabel: [undefined, undefined], macro: undefined, weighted: undefined }); // prettier-ignore
  });

  it('weighs by support', () => {
    const { perLabel, macro, weighted } = oneVsRestAuc(
      [0.6, 0.1, 0.3, 0.2, 0.5, 0.3, 0.5, 0.2, 0.3, 0.1, 0.3, 0.6],
      [0, 1, 1, 2],
      3,
    );
    expect(perLabel).toEqual([1, 0.75, 1]); // class 1: 0.5 and 0.2 against 0.1 and 0.3
    expect(macro).toBeCloseTo((1 + perLabel[1]! + 1) / 3, 12);
    expect(weighted).toBeCloseTo((1 + 2 * perLabel[1]! + 1) / 4, 12);
  });
});
