import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { bootstrapInterval, pairedBootstrap } from './bootstrap.js';

const options = (seed = 1, samples = 1000) => ({ samples, random: Random.stream(seed, 'bootstrap') });
const meanOf = (numbers: readonly number[]) => (rows: Uint32Array) =>
  rows.reduce((sum, row) => sum + numbers[row]!, 0) / rows.length;

describe('bootstrapInterval', () => {
  it('is near the normal interval of a mean: 0.5 ± 1.96 · 0.5 / √400', () => {
    const numbers = Array.from({ length: 400 }, (_, row) => row % 2);
    const { value, lower, upper } = bootstrapInterval(400, meanOf(numbers), options())!;
    expect(value).toBe(0.5);
    expect(Math.abs(lower - 0.451)).toBeLessThan(0.008);
    expect(Math.abs(upper - 0.549)).toBeLessThan(0.008);
  });

  it('repeats for a stream and is wider for more confidence', () => {
    const numbers = Array.from({ length: 50 }, (_, row) => row);
    const at = (confidence: number) => bootstrapInterval(50, meanOf(numbers), { ...options(), confidence })!;
    expect(at(0.9)).toEqual(at(0.9));
    expect(at(0.99).lower).toBeLessThan(at(0.9).lower);
  });

  it('covers the truth about as often as it says', () => {
    const random = Random.stream(5, 'coverage');
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const numbers = Array.from({ length: 60 }, () => random.uniform());
      const { lower, upper } = bootstrapInterval(60, meanOf(numbers), options(trial, 200))!;
      if (lower <= 0.5 && upper >= 0.5) covered++;
    }
    expect(covered).toBeGreaterThan(180);
    expect(covered).toBeLessThan(200);
  });

  it('leaves out resamples without the metric, and is undefined when the rows have none', () => {
    const ofTwo = (rows: Uint32Array) => (rows.includes(0) ? 1 : undefined);
    expect(bootstrapInterval(2, ofTwo, options())).toEqual({ value: 1, lower: 1, upper: 1 });
    expect(bootstrapInterval(2, () => undefined, options())).toBeUndefined();
  });

  it('has no width for one row', () => {
    expect(bootstrapInterval(1, meanOf([3]), options())).toEqual({ value: 3, lower: 3, upper: 3 });
  });

  it('refuses no rows, NaN and options out of range', () => {
    expect(() => bootstrapInterval(0, meanOf([]), options())).toThrow('at least one row, got 0');
    expect(() => bootstrapInterval(1, () => NaN, options())).toThrow('got NaN');
    expect(() => bootstrapInterval(1, meanOf([1]), options(1, 0))).toThrow('samples: expected a whole number');
    expect(() => bootstrapInterval(1, meanOf([1]), { ...options(), confidence: 1 })).toThrow('(0, 1), got 1');
  });
});

describe('pairedBootstrap', () => {
  const hard = Array.from({ length: 300 }, (_, row) => Number(row % 3 === 0));
  const better = hard.map((right, row) => (row % 10 === 1 ? 1 : right));

  it('finds a small difference on the same rows that two intervals apart would hide', () => {
    const { value, lower, p } = pairedBootstrap(300, meanOf(better), meanOf(hard), options())!;
    expect(value).toBeCloseTo(20 / 300, 12);
    expect(lower).toBeGreaterThan(0);
    expect(p).toBeCloseTo(1 / 1001, 12);
  });

  it('turns its sign with the systems', () => {
    const one = pairedBootstrap(300, meanOf(better), meanOf(hard), options())!;
    const other = pairedBootstrap(300, meanOf(hard), meanOf(better), options())!;
    expect([other.value, other.lower]).toEqual([-one.value, -one.upper]);
    expect(other.p).toBe(1);
  });

  it('is 1 for a system against itself', () => {
    expect(pairedBootstrap(300, meanOf(hard), meanOf(hard), options())).toEqual({ value: 0, lower: 0, upper: 0, p: 1 });
  });
});
