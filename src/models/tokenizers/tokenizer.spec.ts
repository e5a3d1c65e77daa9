import { describe, expect, it } from 'vitest';
import { ModelError, ValidationError } from '../../common/errors.js';
import { Tokenizer } from './tokenizer.js';

const vocab = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4, the: 5, wind: 6, '##s': 7, '.': 8, cafe: 9 };
const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

const file = {
  version: '1.0',
  truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0, direction: 'Right' },
  padding: null,
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((content, id) => ({ id, content, ...special })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
};
const config = { cls_token: '[CLS]', sep_token: '[SEP]', pad_token: '[PAD]', unk_token: '[UNK]', mask_token: '[MASK]' };

function load(change: object = {}, otherConfig: object = config): Tokenizer {
  return Tokenizer.fromJson({ ...file, ...change }, otherConfig);
}

describe('Tokenizer', () => {
  const tokenizer = load();

  it('encodes with ids, tokens, offsets and what is special', () => {
    const encoding = tokenizer.encode('The cafés 😀 winds.');
    expect([...encoding.ids]).toEqual([2, 5, 9, 7, 1, 6, 7, 8, 3]);
    expect(encoding.tokens).toEqual(['[CLS]', 'the', 'cafe', '##s', '[UNK]', 'wind', '##s', '.', '[SEP]']);
    expect([...encoding.offsets]).toEqual([0, 0, 0, 3, 4, 8, 8, 9, 10, 11, 12, 16, 16, 17, 17, 18, 0, 0]);
    expect([...encoding.specialMask]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...encoding.wordIds]).toEqual([-1, 0, 1, 1, 2, 3, 3, 4, -1]);
  });

  it('takes an accent of its own along', () => {
    expect([...tokenizer.encode('cafe\u0301s', { addSpecialTokens: false }).offsets]).toEqual([0, 4, 5, 6]);
  });

  it('tells the two texts of a pair apart', () => {
    const encoding = tokenizer.encode('wind', { pair: 'the wind' });
    expect([...encoding.ids]).toEqual([2, 6, 3, 5, 6, 3]);
    expect([...encoding.typeIds]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...encoding.sequenceIds]).toEqual([-1, 0, -1, 1, 1, -1]);
    expect([...encoding.offsets]).toEqual([0, 0, 0, 4, 0, 0, 0, 3, 4, 8, 0, 0]);
  });

  it('cuts to the bound it is given, and never by what the file says', () => {
    expect(tokenizer.encode('the wind the wind').ids).toHaveLength(6);
    expect([...tokenizer.encode('the wind the wind', { maxTokens: 4 }).ids]).toEqual([2, 5, 6, 3]);
    expect([...tokenizer.encode('the', { pair: 'wind wind wind', maxTokens: 6 }).ids]).toEqual([2, 5, 3, 6, 6, 3]);
    expect([...tokenizer.encode('the wind', { maxTokens: 2 }).ids]).toEqual([2, 3]);
  });

  it('cuts on the left when the config says so', () => {
    const left = load({}, { ...config, truncation_side: 'left' });
    expect([...left.encode('the wind .', { maxTokens: 4 }).ids]).toEqual([2, 6, 8, 3]);
  });

  it('refuses a bound without room for the special tokens', () => {
    expect(() => tokenizer.encode('the', { maxTokens: 1 })).toThrow(ValidationError);
    expect(() => tokenizer.encode('the', { maxTokens: 1 })).toThrow('at least 2 for the special tokens, got 1');
  });

  it('finds special tokens in the text', () => {
    const encoding = tokenizer.encode('the [MASK].');
    expect([...encoding.ids]).toEqual([2, 5, 4, 8, 3]);
    expect([...encoding.specialMask]).toEqual([1, 0, 0, 0, 1]);
  });

  it('takes half of a surrogate pair for one unknown character', () => {
    expect([...tokenizer.encode('the \ud83d wind').offsets]).toEqual([0, 0, 0, 3, 6, 10, 0, 0]);
  });

  it('decodes, with and without special tokens', () => {
    expect(tokenizer.decode([2, 5, 6, 7, 8, 3])).toBe('[CLS] the winds. [SEP]');
    expect(tokenizer.decode([2, 5, 6, 7, 8, 3], { skipSpecialTokens: true })).toBe('the winds.');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([5, 999])).toBe('the');
  });

  it('joins with blanks without a decoder, and cleans up when asked', () => {
    const bare = load({ decoder: null });
    expect(bare.decode([6, 7, 8])).toBe('wind ##s .');
    expect(bare.decode([6, 8], { cleanUp: true })).toBe('wind.');
    expect(load({ decoder: null }, { clean_up_tokenization_spaces: true }).decode([6, 8])).toBe('wind.');
  });

  it('says what its vocabulary holds', () => {
    expect([tokenizer.tokenToId('wind'), tokenizer.tokenToId('none')]).toEqual([6, undefined]);
    expect([tokenizer.idToToken(4), tokenizer.idToToken(99)]).toEqual(['[MASK]', undefined]);
    expect(tokenizer.vocabSize).toBe(10);
    expect(tokenizer.special).toEqual({ cls: 2, sep: 3, pad: 0, mask: 4, unk: 1 });
    expect(tokenizer.maskToken).toBe('[MASK]');
  });

  it('takes a whole text for one word without a pre-tokenizer', () => {
    const whole = load({ pre_tokenizer: null, normalizer: null, post_processor: null });
    expect([...whole.encode('winds').ids]).toEqual([6, 7]);
    expect([...whole.encode('').ids]).toEqual([]);
  });

  it('takes a text of 100,000 characters without a blank', () => {
    expect([...tokenizer.encode('a'.repeat(100_000)).ids]).toEqual([2, 1, 3]);
    expect(tokenizer.encode('.'.repeat(100_000)).ids).toHaveLength(100_002);
    expect(tokenizer.encode('.'.repeat(100_000), { maxTokens: 512 }).ids).toHaveLength(512);
  });
});

describe('a malformed tokenizer.json', () => {
  const template = { type: 'TemplateProcessing', single: [], pair: [], special_tokens: {} };
  const table: [change: object, place: string][] = [
    [{ version: '2.0' }, 'version: expected 1.0, got "2.0"'],
    [{ model: undefined }, 'model: expected an object'],
    [{ model: { type: 'Magic' } }, 'model.type'],
    [{ normalizer: { type: 'Magic' } }, 'normalizer.type'],
    [{ normalizer: {} }, 'normalizer.type: expected a string'],
    [{ normalizer: { type: 'toString' } }, 'normalizer.type'],
    [{ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'X' }] } }, 'normalizer.normalizers[1].type'],
    [{ normalizer: { type: 'Strip', strip_left: 1 } }, 'normalizer.strip_left'],
    [{ normalizer: { type: 'Replace', pattern: { String: 'a' } } }, 'normalizer.content'],
    [{ pre_tokenizer: { type: 'Magic' } }, 'pre_tokenizer.type'],
    [{ pre_tokenizer: { type: 'Sequence' } }, 'pre_tokenizer.pretokenizers'],
    [{ pre_tokenizer: { type: 'Metaspace', replacement: '__' } }, 'pre_tokenizer.replacement'],
    [{ pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'last' } }, 'pre_tokenizer.prepend_scheme'],
    [{ pre_tokenizer: { type: 'FixedLength', length: 0 } }, 'pre_tokenizer.length'],
    [{ pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Removed', invert: false } }, 'pattern.Regex'],
    [{ post_processor: { type: 'Magic' } }, 'post_processor.type'],
    [{ post_processor: { type: 'BertProcessing', sep: ['[SEP]'], cls: ['[CLS]', 2] } }, 'post_processor.sep[1]'],
    [{ post_processor: { ...template, single: [{ SpecialToken: { id: 'x', type_id: 0 } }] } }, 'single[0].SpecialToken.id'],
    [{ post_processor: { ...template, single: [{ Sequence: { id: 'B', type_id: 0 } }] } }, 'post_processor.single'],
    [{ post_processor: { ...template, single: [{ Sequence: { id: 'C', type_id: 0 } }] } }, 'single[0].Sequence.id'],
    [{ decoder: { type: 'Magic' } }, 'decoder.type'],
    [{ decoder: { type: 'Strip', content: ' ', start: -1, stop: 0 } }, 'decoder.start'],
    [{ added_tokens: 'none' }, 'added_tokens'],
  ];
  for (const [change, place] of table) {
    it(`is refused by name: ${JSON.stringify(change).slice(0, 80)}`, () => {
      expect(() => load(change)).toThrow(ModelError);
      expect(() => load(change)).toThrow(place);
    });
  }

  it('is refused when it is no object', () => {
    for (const json of [null, [], 'text', 7]) expect(() => Tokenizer.fromJson(json)).toThrow(ModelError);
  });
});
