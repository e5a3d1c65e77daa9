import { describe, expect, it } from 'vitest';
import { parseLabels, scoresOf, topIndices } from './labels.js';

describe('parseLabels', () => {
  it('takes the names in the order of their numbers', () => {
    const id2label = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [String(i), `name ${i}`]).reverse());
    expect(parseLabels({ id2label }, 11).labels.slice(9)).toEqual(['name 9', 'name 10']);
  });

  it.each([
    [{ problem_type: 'multi_label_classification' }, 2, 'multi'],
    [{ problem_type: 'single_label_classification' }, 1, 'single'],
    [{ problem_type: 'regression' }, 2, 'regression'],
    [{ problem_type: null }, 2, 'single'],
    [{}, 1, 'regression'],
  ])('reads %j with %i outputs as %s', (config, count, problem) => {
    expect(parseLabels(config, count).problem).toBe(problem);
  });

  it('names outputs without names', () => {
    expect(parseLabels({ id2label: null }, 2).labels).toEqual(['LABEL_0', 'LABEL_1']);
  });

  it.each([
    [{ id2label: { 0: 'a', 1: 'b' } }, 3, 'expected 3 labels as the head has, got 2'],
    [{ id2label: { 0: 'a', 2: 'b' } }, 2, 'expected a label for output 1, got none'],
    [{ id2label: { 0: 'a', 1: 'a' } }, 2, 'expected distinct labels, got a twice'],
    [{ id2label: { x: 'a' } }, 1, 'config.json'],
    [{ problem_type: 'guessing' }, 1, 'problem_type'],
  ])('refuses %j for %i outputs', (config, count, message) => {
    expect(() => parseLabels(config, count)).toThrow(message);
  });
});

describe('scoresOf', () => {
  it('is a softmax that does not overflow', () => {
    const scores = scoresOf(Float32Array.of(1000, 1000, -1000), 'single');
    expect(Array.from(scores)).toEqual([0.5, 0.5, 0]);
  });

  it('is a sigmoid for each of several labels, and the number itself in a regression', () => {
    expect(Array.from(scoresOf(Float32Array.of(0, 200, -200), 'multi'))).toEqual([0.5, 1, 0]);
    expect(Array.from(scoresOf(Float32Array.of(-3), 'regression'))).toEqual([-3]);
  });
});

it('topIndices gives the best first and equal ones in order', () => {
  expect(topIndices(Float32Array.of(0.1, 0.4, 0.4, 0.1), 3)).toEqual([1, 2, 0]);
  expect(topIndices(Float32Array.of(0.1), 5)).toEqual([0]);
});
