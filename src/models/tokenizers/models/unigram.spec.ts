import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../common/errors.js';
import { buildUnigram } from './unigram.js';

const vocab = [
  ['<unk>', 0],
  ['a', 0],
  ['b', 0],
  ['c', 0],
  ['d', 0],
  ['cd', 1],
  ['ab', 2],
  ['abc', 5],
  ['abcd', 10],
];

function model(change: object = {}) {
  return buildUnigram({ vocab, unk_id: 0, ...change }, 'model');
}

describe('Unigram', () => {
  it('takes the path of the greatest score', () => {
    expect(model().tokenize('abcdacdxx')).toEqual({
      ids: [8, 1, 5, 0],
      surfaces: ['abcd', 'a', 'cd', 'xx'],
      spans: [0, 4, 4, 5, 5, 7, 7, 9],
    });
  });

  it('joins neighbouring unknown characters, of either plane', () => {
    expect(model().tokenize('ax😀b')).toMatchObject({ ids: [1, 0, 2], spans: [0, 1, 1, 4, 4, 5] });
  });

  it('falls back to bytes when there are tokens for all of them', () => {
    const bytes = [...vocab, ['<0xC3>', -9], ['<0xA9>', -9]];
    const withBytes = model({ vocab: bytes, byte_fallback: true });
    expect(withBytes.tokenize('aé')).toEqual({
      ids: [1, 9, 10],
      surfaces: ['a', '<0xC3>', '<0xA9>'],
      spans: [0, 1, 1, 2, 1, 2],
    });
    expect(withBytes.tokenize('à').ids).toEqual([0]);
  });

  it('has nothing to say of an empty word', () => {
    expect(model().tokenize('').ids).toEqual([]);
  });

  it('refuses an unknown character only when it meets one', () => {
    expect(model({ unk_id: null }).tokenize('ab').ids).toEqual([6]);
    expect(() => model({ unk_id: null }).tokenize('x')).toThrow(ModelError);
  });

  it('cuts a word of 100,000 characters', () => {
    expect(model().tokenize('abcd'.repeat(25_000)).ids).toHaveLength(25_000);
  });

  const refused: [change: object, place: string][] = [
    [{ vocab: {} }, 'model.vocab'],
    [{ vocab: [['a']] }, 'model.vocab[0]'],
    [{ vocab: [[1, 2]] }, 'model.vocab[0]'],
    [{ unk_id: 9 }, 'model.unk_id'],
  ];
  for (const [change, place] of refused) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      expect(() => model(change)).toThrow(ModelError);
      expect(() => model(change)).toThrow(place);
    });
  }
});
