import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { stratify } from './stratify.js';

/** Splits units that each have the labels listed, one row each. */
function split(labels: number[][], fractions = { validation: 0.1, test: 0.1 }, pins: number[] = [], firstGroup = 99) {
  const memberUnits = labels.flatMap((own, unit) => own.map(() => unit));
  return [
    ...stratify(
      {
        count: labels.length,
        memberUnits: Uint32Array.from(memberUnits),
        memberLabels: Uint32Array.from(labels.flat()),
        labelCount: 1 + Math.max(...labels.flat()),
        firstGroup,
        pins: Uint8Array.from(labels, (_, unit) => pins[unit] ?? 0),
      },
      fractions,
    ),
  ];
}

const count = (splits: number[], labels: number[][], label: number) =>
  [0, 1, 2].map((which) => splits.filter((own, unit) => own === which && labels[unit]!.includes(label)).length);

describe('stratify', () => {
  it('gives each label its share, smallest keys to test', () => {
    const labels = Array.from({ length: 120 }, (_, unit) => [unit % 6 === 0 ? 1 : 0]);
    const splits = split(labels);
    expect(count(splits, labels, 0)).toEqual([80, 10, 10]);
    expect(count(splits, labels, 1)).toEqual([16, 2, 2]);
    expect(splits.slice(1, 6)).toEqual([2, 2, 2, 2, 2]);
  });

  it('puts rare labels to train first, then test, then validation', () => {
    const rare = (n: number) => {
      const labels = [...Array.from({ length: n }, () => [1]), ...Array.from({ length: 50 }, () => [0])];
      return count(split(labels), labels, 1);
    };
    expect([1, 2, 3, 4, 20].map(rare)).toEqual([[1, 0, 0], [1, 0, 1], [1, 1, 1], [2, 1, 1], [16, 2, 2]]); // prettier-ignore
  });

  it('balances every label of rows that have several', () => {
    const random = Random.stream(3, 'stratify');
    const labels = Array.from({ length: 2000 }, () => {
      const own = [0.5, 0.2, 0.05, 0.02].flatMap((share, label) => (random.uniform() < share ? [label] : []));
      return own.length === 0 ? [4] : own;
    });
    const splits = split(labels);
    for (let label = 0; label < 5; label++) {
      const [train, validation, test] = count(splits, labels, label);
      const total = train! + validation! + test!;
      expect(Math.abs(validation! - total / 10)).toBeLessThanOrEqual(Math.max(2, total / 50));
      expect(Math.abs(test! - total / 10)).toBeLessThanOrEqual(Math.max(2, total / 50));
    }
  });

  it('moves only rows at the border of a share when a row is added', () => {
    const before = split(Array.from({ length: 300 }, () => [0]));
    const after = split(Array.from({ length: 301 }, () => [0]));
    const moved = before.filter((own, unit) => own !== after[unit + 1]).length;
    expect(moved).toBeLessThanOrEqual(2);
  });

  it('leaves pinned units where they are and counts them', () => {
    const labels = Array.from({ length: 100 }, () => [0]);
    const splits = split(
      labels,
      { validation: 0.1, test: 0.1 },
      Array.from({ length: 10 }, () => 1),
    );
    expect(splits.slice(0, 10)).toEqual(Array(10).fill(1));
    expect(count(splits, labels, 0)).toEqual([80, 10, 10]);
  });

  it('gives no least number to groups', () => {
    const labels = Array.from({ length: 40 }, (_, unit) => [0, 1 + unit]);
    expect(count(split(labels, undefined, [], 1), labels, 0)).toEqual([32, 4, 4]);
  });

  it('splits nothing where no share is wanted', () => {
    expect(new Set(split([[0], [0], [0]], { validation: 0, test: 0 }))).toEqual(new Set([0]));
  });

  it.each([
    { validation: 0.5, test: 0.5 },
    { validation: -0.1, test: 0 },
    { validation: NaN, test: 0 },
  ])('refuses the shares %o', (fractions) =>
    expect(() => split([[0]], fractions)).toThrow('expected validation, test'),
  );
});
