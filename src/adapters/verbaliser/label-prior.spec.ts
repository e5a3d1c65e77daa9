import { describe, expect, it } from 'vitest';
import { scoresOf } from '../../models/labels.js';
import { labelPrior } from './label-prior.js';

const logits = (...shares: number[]) => Float32Array.from(shares, Math.log);
const shares = (prior: readonly number[]) => prior.map(Math.exp);

describe('labelPrior', () => {
  it('is the logarithm of the mean probability, not the mean of the logarithms', () => {
    const prior = shares(labelPrior([logits(0.9, 0.1), logits(0.5, 0.5)]));
    expect(prior[0]).toBeCloseTo(0.7, 6);
    expect(prior[1]).toBeCloseTo(0.3, 6);
  });

  it('is the same for logits moved by a number', () => {
    const moved = logits(0.9, 0.1).map((logit) => logit + 500);
    const [first = 0, second = 0] = labelPrior([moved]);
    expect(first - second).toBeCloseTo(Math.log(9), 4);
    expect(shares([first, second]).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });

  it('gives a text without content all labels alike, once taken off', () => {
    const empty = logits(0.6, 0.3, 0.1);
    const prior = labelPrior([empty]);
    const scores = scoresOf(
      empty.map((logit, label) => logit - prior[label]!),
      'single',
    );
    for (const score of scores) expect(score).toBeCloseTo(1 / 3, 6);
  });

  it('says how likely all labels are, not what each is: of equal logits all are 1 / labels', () => {
    for (const prior of labelPrior([new Float32Array(4)])) expect(prior).toBeCloseTo(Math.log(1 / 4), 6);
  });

  it('stays finite for a label without any probability', () => {
    const prior = labelPrior([Float32Array.of(0, -1000), Float32Array.of(1000, -1000)]);
    expect(prior[0]).toBe(0);
    expect(prior[1]).toBeLessThan(-700);
    expect(prior.every(Number.isFinite)).toBe(true);
  });

  it('has numbers that float32 holds, so that a file and the run that measured it agree', () => {
    const prior = labelPrior([logits(0.3, 0.7), logits(0.2, 0.8)]);
    expect([...Float32Array.from(prior)]).toEqual(prior);
  });
});
