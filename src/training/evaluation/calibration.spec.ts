import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { brierScore } from './brier.js';
import { equalMassCalibration, equalWidthCalibration } from './calibration.js';
import { logLoss } from './log-loss.js';

describe('calibration', () => {
  const confidences = [0.55, 0.6, 0.9, 0.95];
  const right = [1, 0, 1, 1];

  it('over bins of equal width', () => {
    const { ece, mce, bins } = equalWidthCalibration(confidences, right, 5);
    // (0.4, 0.6]: two rows, accuracy 0.5, confidence 0.575; (0.8, 1]: two rows, 1 and 0.925
    expect(bins.map(({ rows }) => rows)).toEqual([0, 0, 2, 0, 2]);
    expect(bins[0]!.accuracy).toBeNaN();
    expect(ece).toBeCloseTo(0.5 * 0.075 + 0.5 * 0.075, 12);
    expect(mce).toBeCloseTo(0.075, 12);
  });

  it('over bins of equal mass', () => {
    const { ece, bins } = equalMassCalibration([0.9, 0.55, 0.95, 0.6], [1, 1, 1, 0], 2);
    expect(bins).toEqual([
      { lower: 0.55, upper: 0.6, rows: 2, confidence: 0.575, accuracy: 0.5 },
      { lower: 0.6, upper: 0.95, rows: 2, confidence: 0.925, accuracy: 1 },
    ]);
    expect(ece).toBeCloseTo(0.075, 12);
    expect(equalMassCalibration([0.5], [1], 10).bins.length).toBe(1);
  });

  it('puts 0 into the first bin and 1 into the last', () => {
    expect(equalWidthCalibration([0, 1], [0, 1], 4).bins.map(({ rows }) => rows)).toEqual([1, 0, 0, 1]);
    expect(equalWidthCalibration([0, 1], [0, 1], 4).ece).toBe(0);
  });

  it('is 0.5 at most wrong for sure and half right, 1 for sure and wrong, and NaN for nothing', () => {
    expect(equalWidthCalibration([1, 1], [0, 0]).ece).toBe(1);
    expect(equalWidthCalibration([1, 1], [0, 1]).ece).toBe(0.5);
    expect([equalWidthCalibration([], []).ece, equalMassCalibration([], []).ece]).toEqual([NaN, NaN]);
  });

  it('is near 0 for answers right as often as they say', () => {
    const random = Random.stream(3, 'calibration');
    const said = Array.from({ length: 20_000 }, () => random.uniform());
    const was = said.map((confidence) => Number(random.uniform() < confidence));
    expect(equalWidthCalibration(said, was).ece).toBeLessThan(0.02);
    expect(equalMassCalibration(said, was).ece).toBeLessThan(0.02);
  });

  it.each([
    [[1.1], '[0, 1], got 1.1'],
    [[NaN], 'got NaN'],
    [[-0.1], 'got -0.1'],
  ])('refuses %j', (wrong, message) => {
    expect(() => equalWidthCalibration(wrong, [1])).toThrow(message);
  });

  it('refuses no bins', () => expect(() => equalMassCalibration([1], [1], 0)).toThrow('from 1, got 0'));
});

describe('brierScore', () => {
  it('sums over classes', () => {
    expect(brierScore([0.7, 0.2, 0.1, 0, 0, 1], [0, 1], 3)).toBeCloseTo((0.09 + 0.04 + 0.01 + 2) / 2, 12);
    expect(brierScore([1, 0], [0], 2)).toBe(0);
  });

  it('refuses what is no probability', () => {
    expect(() => brierScore([2, -1], [0], 2)).toThrow('expected probabilities, got -1');
    expect(() => brierScore([1, 1], [0], 2)).toThrow('sum to 1, got 2 in row 0');
    expect(() => brierScore([NaN, 1], [0], 2)).toThrow('got NaN');
  });
});

describe('logLoss', () => {
  it('is the mean of −ln p', () => {
    expect(logLoss([0.5, 0.5, 0.25, 0.75], [0, 1], 2)).toBeCloseTo((Math.log(2) - Math.log(0.75)) / 2, 12);
    expect(logLoss([0.25, 0.25, 0.25, 0.25], [2], 4)).toBeCloseTo(Math.log(4), 12);
  });

  it('stays finite for a sure mistake', () => expect(logLoss([1, 0], [1], 2)).toBeCloseTo(36.04, 2));
});
