import { describe, expect, it } from 'vitest';
import { makeSchedule, scheduleOptions } from './table.js';

const TOTAL = 50;
const make = (options: object) => makeSchedule(scheduleOptions.parse(options), TOTAL);

const FALLING = [
  { name: 'linear' },
  { name: 'cosine' },
  { name: 'polynomial', power: 2 },
  { name: 'inverse_sqrt' },
  { name: 'step', stepSize: 5, gamma: 0.5 },
  { name: 'exponential', gamma: 0.9 },
];

describe.each(FALLING.map((options) => [options.name, options] as const))('%s', (_, options) => {
  it('rises from 0 over the warm-up, is 1 at its end and does not rise again', () => {
    const schedule = make({ ...options, warmupSteps: 10 });
    const values = Array.from({ length: TOTAL }, (_, step) => schedule(step));
    expect(values.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, step) => step / 10));
    for (let step = 11; step < TOTAL; step++) expect(values[step]).toBeLessThanOrEqual(values[step - 1]!);
  });

  it('starts at 1 without warm-up, and takes the warm-up as a share too', () => {
    expect(make(options)(0)).toBe(1);
    expect(make({ ...options, warmupRatio: 0.19 })(5)).toBe(0.5); // ⌈0.19 · 50⌉ = 10 steps
  });
});

describe('schedules by their formulas', () => {
  it.each([
    ['constant', { name: 'constant' }, 49, 1],
    ['linear, half way', { name: 'linear' }, 25, 0.5],
    ['linear, after the end', { name: 'linear' }, 60, 0],
    ['cosine, half way', { name: 'cosine' }, 25, 0.5],
    ['cosine, at the end', { name: 'cosine' }, 50, 0],
    ['cosine with restarts, at a restart', { name: 'cosine_restarts', cycles: 2 }, 25, 1],
    ['cosine with restarts, after the end', { name: 'cosine_restarts', cycles: 2 }, 50, 0],
    ['polynomial, at the end', { name: 'polynomial', end: 0.1 }, 70, 0.1],
    ['inverse root', { name: 'inverse_sqrt', timescale: 10 }, 30, 0.5],
    ['step', { name: 'step', stepSize: 10 }, 20, 0.01],
    ['step after a warm-up', { name: 'step', stepSize: 10, warmupSteps: 5 }, 14, 1],
    ['exponential', { name: 'exponential', gamma: 0.5 }, 3, 0.125],
    // ULMFiT Eq. 3 with T = 50, cut_frac = 0.1, ratio = 32: cut = 5
    ['slanted triangle, start', { name: 'slanted_triangular' }, 0, 1 / 32],
    ['slanted triangle, peak', { name: 'slanted_triangular' }, 5, 1],
    ['slanted triangle, t = 14', { name: 'slanted_triangular' }, 14, (1 + 0.8 * 31) / 32],
    ['slanted triangle, end', { name: 'slanted_triangular' }, 50, 1 / 32],
    ['slanted triangle, after the end', { name: 'slanted_triangular' }, 90, 1 / 32],
  ])('%s', (_, options, step, expected) => {
    expect(make(options)(step)).toBeCloseTo(expected, 12);
  });

  it.each([1, 2])('are finite for a run of %d steps', (total) => {
    const all = [...FALLING, { name: 'constant' }, { name: 'cosine_restarts' }, { name: 'slanted_triangular' }];
    for (const options of all) {
      const schedule = makeSchedule(scheduleOptions.parse(options), total);
      for (let step = 0; step <= total; step++) expect(schedule(step), options.name).toBeGreaterThanOrEqual(0);
    }
  });

  it('refuse what they do not know', () => {
    expect(() => scheduleOptions.parse({ name: 'step' })).toThrow(/stepSize/);
    expect(() => scheduleOptions.parse({ name: 'linear', warmup: 3 })).toThrow(/warmup/);
  });
});
