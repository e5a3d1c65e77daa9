import { describe, expect, it } from 'vitest';
import { checksOf, deviation, type Row } from './checks.js';
import { majorityScore } from './majority.js';
import { LEARN_METHODS } from './methods.js';

const row = (method: string, scores: number[], trainedParameters = 1_000): Row => ({
  ...{ task: 't', method, scores, start: 0.1, trainedParameters, cpuSeconds: 1, peakBytes: 1 },
});
const verdicts = (rows: Row[], majority = 0.2) =>
  checksOf(rows, ['t'], new Map([['t', majority]])).map(({ isReached }) => isReached);

/** Every method with the same score but for those given. */
function table(scores: Record<string, number>, advisor = 0.9): Row[] {
  const rows = LEARN_METHODS.map(({ name }) => row(name, [scores[name] ?? 0.9]));
  return [...rows, row('advisor', [advisor])];
}

describe('checksOf', () => {
  it('is reached by a table where all is equal', () => expect(verdicts(table({}))).toEqual(Array(6).fill(true)));

  it('misses an order that is more than noise away, and names the task', () => {
    expect(verdicts(table({ prompt: 0.95 }, 0.95))).toEqual([true, false, true, true, true, true]);
    expect(checksOf(table({ 'tapt+lora': 0.8 }), ['t'], new Map([['t', 0]]))[2]?.detail).toBe('t: 80.0 against 90.0');
    expect(verdicts(table({ full: 0.89 }))[0]).toBe(true);
  });

  it('misses what is below the majority class, and what stays where it began', () => {
    expect(verdicts(table({ ia3: 0.15 })).slice(3)).toEqual([false, true, true]);
    expect(verdicts(table({ ia3: 0.1 }), 0.05).slice(3)).toEqual([true, false, true]);
  });

  it('holds the advisor against rows of its cost only', () => {
    expect(verdicts(table({}, 0.88))[5]).toBe(false);
    const rows = table({}, 0.88).map((each) =>
      each.method === 'advisor' ? each : { ...each, trainedParameters: 9e6 },
    );
    expect(verdicts(rows)[5]).toBe(true);
  });

  it('stays open while rows are missing, unless one has missed', () => {
    expect(verdicts([row('lora', [0.9]), row('full', [0.9])])).toEqual([true, ...Array<undefined>(5)]);
    expect(verdicts([row('lora', [0.1])])[3]).toBe(false);
  });
});

it('deviation: of a sample, 0 of one', () => {
  expect(deviation([0.5])).toBe(0);
  expect(deviation([1, 3])).toBeCloseTo(Math.SQRT2);
});

it('majority: the commonest label of the training rows, on the test rows', () => {
  const rows = (...names: string[]) => names.map((label) => ({ text: 'x', label }));
  const data = { train: rows('a', 'b', 'b'), validation: [], test: rows('a', 'a', 'b', 'c') };
  expect(majorityScore({ metric: 'accuracy' }, data)).toBe(0.25);
  expect(majorityScore({ metric: 'entity_f1' }, data)).toBe(0);
});
