import { describe, expect, it } from 'vitest';
import { ModelError } from '../../common/errors.js';
import { readAddedTokens } from './added-tokens.js';
import { buildWordLevel } from './models/wordlevel.js';
import { lowercase } from './normalizers/lowercase.js';

const model = buildWordLevel({ vocab: { '[UNK]': 0, known: 1 }, unk_token: '[UNK]' }, 'model');
const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };

function segments(text: string, ...tokens: object[]): [string, number | undefined][] {
  const added = readAddedTokens(
    tokens.map((token) => ({ ...plain, ...token })),
    model,
    lowercase,
  );
  return added.segments(text).map(({ text: part, token }) => [part.text, token?.id]);
}

describe('added tokens', () => {
  it('are cut out of the text, which is normalized between them', () => {
    expect(segments('A<x>B', { content: '<x>' })).toEqual([
      ['a', undefined],
      ['<x>', 2],
      ['b', undefined],
    ]);
    expect(segments('', { content: '<x>' })).toEqual([]);
  });

  it('win the longest first, the leftmost before', () => {
    expect(segments('abcab', { content: 'ab' }, { content: 'abc' }, { content: 'bca' })).toEqual([
      ['abc', 3],
      ['ab', 2],
    ]);
  });

  it('are found in normalized text by their normalized form', () => {
    expect(segments('The DAY', { content: 'Day', normalized: true })).toEqual([
      ['the ', undefined],
      ['day', 2],
    ]);
    expect(segments('The DAY', { content: 'Day' })).toEqual([['the day', undefined]]);
  });

  it('take white space along where told', () => {
    expect(segments('a  <x> \tb', { content: '<x>', lstrip: true, rstrip: true })).toEqual([
      ['a', undefined],
      ['  <x> \t', 2],
      ['b', undefined],
    ]);
  });

  it('stay apart from word characters where told', () => {
    const token = { content: 'x', single_word: true };
    expect(segments('ax x. xé', token)).toEqual([
      ['ax ', undefined],
      ['x', 2],
      ['. xé', undefined],
    ]);
    expect(segments('\u{10400}x', token)).toEqual([['\u{10428}x', undefined]]);
  });

  it('keep the id of the vocabulary, else are numbered on from its end', () => {
    const added = readAddedTokens(
      ['known', 'one', '', 'two', 'one'].map((content, i) => ({ ...plain, content, special: i > 2 })),
      model,
      undefined,
    );
    expect([...added.all].map(({ content, id }) => [content, id])).toEqual([
      ['known', 1],
      ['one', 2],
      ['two', 3],
    ]);
    expect([added.isSpecial('one'), added.isSpecial('known'), added.isSpecial('none')]).toEqual([true, false, false]);
  });

  it('are refused by place when malformed', () => {
    expect(() => readAddedTokens([{ ...plain, content: 3 }], model, undefined)).toThrow('added_tokens[0].content');
    expect(() => readAddedTokens([{ content: 'x' }], model, undefined)).toThrow(ModelError);
    expect(() => readAddedTokens({}, model, undefined)).toThrow('added_tokens: expected an array');
  });

  it('cost time that grows with the text', () => {
    const content = `${'<'.repeat(20)}x`;
    expect(segments('<'.repeat(100_000), { content })).toHaveLength(1);
  });
});
