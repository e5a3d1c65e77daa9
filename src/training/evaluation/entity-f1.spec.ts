import { describe, expect, it } from 'vitest';
import { parseTags } from '../../models/tag-scheme.js';
import { entityScores, tagSpans } from './entity-f1.js';

const spansOf = (names: string) => {
  const labels = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC', 'B-MISC', 'I-MISC'];
  const tags = parseTags(labels);
  return tagSpans(names.split(' ').map((name) => tags[labels.indexOf(name)]!));
};

describe('tagSpans', () => {
  it.each([
    ['O B-PER I-PER O B-LOC', [[1, 3, 'PER'], [4, 5, 'LOC']]],
    ['B-PER B-PER', [[0, 1, 'PER'], [1, 2, 'PER']]],
    ['I-PER I-PER O', [[0, 2, 'PER']]],
    ['B-PER I-LOC', [[0, 1, 'PER'], [1, 2, 'LOC']]],
    ['O I-LOC B-LOC I-LOC', [[1, 2, 'LOC'], [2, 4, 'LOC']]],
    ['O O', []],
  ])('reads %s', (names, expected) => {
    expect(spansOf(names).map(({ start, end, label }) => [start, end, label])).toEqual(expected);
  }); // prettier-ignore

  it('reads BILOU', () => {
    const labels = ['O', 'B-X', 'I-X', 'L-X', 'U-X'];
    const tags = parseTags(labels);
    const spans = tagSpans([1, 2, 3, 4, 3, 0].map((at) => tags[at]!));
    expect(spans.map(({ start, end }) => [start, end])).toEqual([[0, 3], [3, 4], [4, 5]]); // prettier-ignore
  });
});

describe('entityScores', () => {
  it('gives what the manual of seqeval shows: one entity wrong by a border, one right', () => {
    const truth = ['O O O B-MISC I-MISC I-MISC O', 'B-PER I-PER O'].map(spansOf);
    const predicted = ['O O B-MISC I-MISC I-MISC I-MISC O', 'B-PER I-PER O'].map(spansOf);
    const { micro, macro, perLabel } = entityScores(truth, predicted);
    expect(micro).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(macro.f1).toBe(0.5);
    expect(perLabel).toEqual({
      MISC: { precision: 0, recall: 0, f1: 0, support: 1 },
      PER: { precision: 1, recall: 1, f1: 1, support: 1 },
    });
  });

  it('counts a wrong type twice, as missed and as made up', () => {
    const { micro } = entityScores([spansOf('B-PER O B-LOC')], [spansOf('B-LOC O B-LOC')]);
    expect(micro).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
  });

  it('is 0 for nothing found and nothing there, and does not mix rows', () => {
    expect(entityScores([[]], [[]]).micro.f1).toBe(0);
    expect(entityScores([spansOf('B-PER'), []], [[], spansOf('B-PER')]).micro.f1).toBe(0);
  });

  it('refuses rows that do not pair', () => expect(() => entityScores([[]], [])).toThrow('expected 1 numbers, got 0'));
});
