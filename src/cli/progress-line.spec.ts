import { describe, expect, it } from 'vitest';
import { clock, progressLine } from './progress-line.js';

const half = {
  step: 30,
  totalSteps: 60,
  loss: 0.41234,
  learningRate: 1.2e-3,
  tokensPerSecond: 3104.4,
  secondsLeft: 72,
};

describe('progressLine', () => {
  it('shows step, loss, rate, tokens per second and the time left beside a bar', () => {
    expect(progressLine(half, 120)).toBe(
      `[${'█'.repeat(15)}${'·'.repeat(15)}]  50 %  step 30/60  loss 0.4123  rate 1.2e-3  3104 tokens/s  1:12 left`,
    );
  });

  it.each([20, 40, 70, 80, 100, 200])('is no longer than %d columns', (columns) => {
    expect(progressLine(half, columns).length).toBeLessThanOrEqual(columns);
    expect(progressLine(half, columns).includes('█')).toBe(columns >= 80);
  });

  it('leaves out what a merge has not', () => {
    const merge = { ...half, loss: NaN, learningRate: NaN, tokensPerSecond: NaN };
    expect(progressLine(merge, 120)).toMatch(/ {2}50 % {2}step 30\/60 {2}1:12 left$/);
  });

  it('keeps to its bounds at the end and where nothing is known', () => {
    expect(progressLine({ ...half, step: 60, secondsLeft: 0 }, 120)).toMatch(/^\[█{30}\] 100 %.* 0:00 left$/);
    expect(progressLine({ ...half, totalSteps: 0, secondsLeft: NaN }, 120)).toMatch(/^\[·{30}\] {3}0 %.* \? left$/);
  });
});

it.each([
  [0.4, '0:00'],
  [59.6, '1:00'],
  [3599, '59:59'],
  [3661, '1:01:01'],
])('clock(%d) is %s', (seconds, text) => expect(clock(seconds)).toBe(text));
