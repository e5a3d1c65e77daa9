import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../common/errors.js';
import { buildModel } from './build-model.js';
import { buildWordLevel } from './wordlevel.js';
import { buildWordPiece } from './wordpiece.js';

const vocab = { '[UNK]': 0, wind: 1, win: 2, '##d': 3, '##ing': 4, '##😀': 5, '##in': 6 };

describe('WordPiece', () => {
  const model = buildWordPiece({ vocab }, 'model');

  it('takes the longest piece each time', () => {
    expect(model.tokenize('winding')).toEqual({
      ids: [1, 4],
      surfaces: ['wind', '##ing'],
      spans: [0, 4, 4, 7],
    });
    expect(model.tokenize('win😀d')).toMatchObject({ ids: [2, 5, 3], spans: [0, 3, 3, 5, 5, 6] });
  });

  it('takes a word for unknown when any part of it is', () => {
    expect(model.tokenize('windy')).toEqual({ ids: [0], surfaces: ['[UNK]'], spans: [0, 5] });
  });

  it('takes a word of more characters than allowed for unknown', () => {
    const short = buildWordPiece({ vocab, max_input_chars_per_word: 4 }, 'model');
    expect(short.tokenize('wind').ids).toEqual([1]);
    expect(short.tokenize('win😀').ids).toEqual([2, 5]);
    expect(short.tokenize('windd').ids).toEqual([0]);
    expect(model.tokenize(`wind${'d'.repeat(1_000_000)}`).ids).toEqual([0]);
  });

  it('needs the unknown token only for unknown words', () => {
    const without = buildWordPiece({ vocab: { a: 0 } }, 'model');
    expect(without.tokenize('a').ids).toEqual([0]);
    expect(() => without.tokenize('b')).toThrow(ModelError);
  });

  it('finds no continuations when no token has the prefix', () => {
    expect(buildWordPiece({ vocab, continuing_subword_prefix: '@@' }, 'model').tokenize('winding').ids).toEqual([0]);
  });
});

describe('WordLevel', () => {
  it('knows whole words', () => {
    const model = buildWordLevel({ vocab, unk_token: '[UNK]' }, 'model');
    expect([model.tokenize('wind').ids, model.tokenize('winding').ids]).toEqual([[1], [0]]);
    expect(model.tokenOf(1)).toBe('wind');
  });
});

describe('buildModel', () => {
  it('tells the type of a file that does not name it', () => {
    expect(buildModel({ vocab, continuing_subword_prefix: '##' }).tokenize('winding').ids).toEqual([1, 4]);
    expect(buildModel({ vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] }).tokenize('ab').ids).toEqual([2]);
    expect(buildModel({ vocab: [['a', 0]], unk_id: 0 }).tokenize('a').ids).toEqual([0]);
    expect(buildModel({ vocab, unk_token: '[UNK]' }).tokenize('winding').ids).toEqual([0]);
  });

  it('refuses an unknown type by name', () => {
    expect(() => buildModel({ type: 'Magic', vocab })).toThrow(/model\.type.*WordPiece.*"Magic"/);
    expect(() => buildModel({})).toThrow('model.type');
    expect(() => buildModel(null)).toThrow('model: expected an object');
  });
});
