import { describe, expect, it } from 'vitest';
import { multiLabelScores, thresholded } from './multi-label.js';

describe('multiLabelScores', () => {
  // three rows of three labels: one exact, one with a label too many, one without labels answered by none
  const truth = [1, 0, 1, 0, 1, 0, 0, 0, 0];
  const predicted = [1, 0, 1, 1, 1, 0, 0, 0, 0];

  it('by hand', () => {
    const scores = multiLabelScores(truth, predicted, 3);
    expect(scores.subsetAccuracy).toBeCloseTo(2 / 3, 12);
    expect(scores.hammingLoss).toBeCloseTo(1 / 9, 12);
    expect(scores.samplesF1).toBeCloseTo((1 + 2 / 3 + 1) / 3, 12);
    expect(scores.perLabel.map(({ f1 }) => f1)).toEqual([2 / 3, 1, 1]);
    expect(scores.micro).toEqual({ precision: 0.75, recall: 1, f1: 6 / 7 });
    expect(scores.macro.f1).toBeCloseTo((2 / 3 + 1 + 1) / 3, 12);
  });

  it('is NaN for no rows', () => expect(multiLabelScores([], [], 3).subsetAccuracy).toBeNaN());

  it('refuses lengths that differ', () => expect(() => multiLabelScores([1], [1, 0], 1)).toThrow('got 2'));
});

it('thresholded counts the threshold itself and refuses NaN', () => {
  expect([...thresholded([0.49, 0.5, 0.9])]).toEqual([0, 1, 1]);
  expect(() => thresholded([NaN])).toThrow('got NaN');
});
