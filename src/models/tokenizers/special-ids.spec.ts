import { describe, expect, it } from 'vitest';
import { specialTokens } from './special-ids.js';

const vocab = new Map([
  ['[CLS]', 1],
  ['[SEP]', 2],
  ['[MASK]', 3],
  ['<s>', 4],
  ['start', 5],
]);
const idOf = (token: string): number | undefined => vocab.get(token);

describe('specialTokens', () => {
  it('follows the config, in both of its spellings', () => {
    const config = { cls_token: 'start', mask_token: { content: '[MASK]', lstrip: true } };
    expect(specialTokens(config, idOf)).toEqual({ ids: { cls: 5, mask: 3 }, maskToken: '[MASK]' });
  });

  it('leaves out a token that is not in the vocabulary', () => {
    expect(specialTokens({ pad_token: '[PAD]' }, idOf).ids).toEqual({});
  });

  it('falls back to the usual names without a config', () => {
    expect(specialTokens(undefined, idOf)).toEqual({ ids: { cls: 1, sep: 2, mask: 3, bos: 4 }, maskToken: '[MASK]' });
  });

  it('does not take other things in the config for names', () => {
    expect(specialTokens({ cls_token: 7, sep_token: null }, idOf).ids).toEqual({});
  });
});
