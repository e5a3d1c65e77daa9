import { describe, expect, it } from 'vitest';
import { toConfig } from './config.js';
import { cardProblem, headLabels } from './labels.js';

describe('headLabels', () => {
  it.each([
    [{ given: ['x', 'y'], card: toConfig({ labels: ['a', 'b'] }) }, ['x', 'y']],
    [{ card: toConfig({ labels: ['a', 'b'] }), headConfig: toConfig({ label2id: { c: 0, d: 1 } }) }, ['a', 'b']],
    [{ headConfig: toConfig({ label2id: { d: 1, c: 0 } }) }, ['c', 'd']],
    [{ headConfig: toConfig({ config: { label2id: { d: 1, c: 0 } }, label2id: null }) }, ['c', 'd']],
    [{}, ['LABEL_0', 'LABEL_1']],
    [{ base: { labels: ['p', 'q'], problem: 'multi' as const } }, ['LABEL_0', 'LABEL_1']],
  ])('takes the first source that is there: %#', (sources, expected) => {
    expect(headLabels(2, sources)?.labels).toEqual(expected);
  });

  it('keeps the base’s meaning for the base’s head', () => {
    const base = { labels: ['p', 'q', 'r'], problem: 'multi' as const };
    expect(headLabels(undefined, { base })).toEqual(base);
    expect(headLabels(undefined, { base, given: ['1', '2', '3'] })).toEqual({ ...base, labels: ['1', '2', '3'] });
    expect(headLabels(undefined, {})).toBeUndefined();
  });

  it('takes one output for a regression', () => {
    expect(headLabels(1, {})?.problem).toBe('regression');
    expect(headLabels(1, { problem: 'multi' })?.problem).toBe('multi');
  });

  it.each([
    [{ given: ['a'] }, 'labels: one for each of the 2 outputs of the head, got 1'],
    [{ given: ['a', 'a'] }, 'labels: each name once, got "a"'],
    [{ given: ['a', ' '] }, 'labels: 1 to 256 characters each, got " "'],
    [{ given: ['a', 'x'.repeat(257)] }, 'labels: 1 to 256 characters each'],
    [{ given: ['a', 'b\u0000'] }, 'labels: no control characters and no halves of surrogate pairs, got "b\\u0000"'],
    [
      { card: toConfig({ labels: ['a', 'b\ud800'] }) },
      'labels: no control characters and no halves of surrogate pairs',
    ],
    [{ card: toConfig({ labels: 'a' }) }, 'labels: must be a list of strings, got "a"'],
    [{ headConfig: toConfig({ label2id: { a: 0, b: 2 } }) }, 'label2id: ids must be 0 to 1, each once'],
    [
      { headConfig: toConfig({ label2id: { a: 0, b: 'one' } }) },
      'label2id: an id must be an integer of at least 0, got "one"',
    ],
  ])('refuses labels that do not fit: %#', (sources, message) => {
    expect(() => headLabels(2, sources)).toThrow(message);
  });
});

describe('cardProblem', () => {
  it('is what the card says, where it says something', () => {
    expect(cardProblem(toConfig({ problem: 'multi' }))).toBe('multi');
    for (const card of [undefined, toConfig({}), toConfig({ problem: null })])
      expect(cardProblem(card)).toBeUndefined();
  });

  it.each(['many', '', 5, ['multi']])('refuses %j', (problem) => {
    expect(() => cardProblem(toConfig({ problem }))).toThrow(/^problem: must be one of single, multi, regression/);
  });
});
