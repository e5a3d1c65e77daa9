import { describe, expect, it, vi } from 'vitest';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import { encodePrompt } from './encode-prompt.js';
import { Template } from './template.js';

const { tokenizer } = await loadTinyModel({ modelType: 'bert' });
const around = Template.parse('{text} the [MASK].');
const tokens = (text: string, maxTokens: number, template = around) =>
  encodePrompt(text, template, tokenizer, maxTokens).encoding.tokens.join(' ');

describe('encodePrompt', () => {
  it('puts a text in its prompt and says where the mask is', () => {
    const { encoding, mask } = encodePrompt('a b', around, tokenizer, 7);
    expect(encoding.tokens).toEqual(['[CLS]', 'a', 'b', 'the', '[MASK]', '.', '[SEP]']);
    expect(mask).toBe(4);
  });

  it('reads a text that fits once', () => {
    const encode = vi.spyOn(tokenizer, 'encode');
    tokens('a b', 7);
    expect(encode).toHaveBeenCalledTimes(1);
    encode.mockRestore();
  });

  it.each([
    ['{text} the [MASK].', '[CLS] rain a the [MASK] . [SEP]'],
    ['[MASK]. the {text}', '[CLS] [MASK] . the rain a [SEP]'],
  ])('cuts the text and never the prompt %s', (template, cut) => {
    expect(tokens('rain a market rain a', 7, Template.parse(template))).toBe(cut);
  });

  it('cuts a text again that takes more tokens in the prompt than alone', () => {
    const joined = Template.parse('ra{text}in [MASK]'); // "rain" is one token, "rab" and "bin" are three each
    expect(tokens('b b b b b b', 9, joined)).toBe('[CLS] r ##a ##b b ##i ##n [MASK] [SEP]');
  });

  it('leaves nothing of a text without tokens that is cut', () => {
    expect(tokens(' '.repeat(50), 6)).toBe('[CLS] the [MASK] . [SEP]');
  });

  it('refuses a template that leaves no room for a text', () => {
    expect(() => tokens('a', 5)).toThrow('expected room for a text beside its 5 tokens, got 5 in all');
    expect(tokens('', 5)).toBe('[CLS] the [MASK] . [SEP]');
  });
});
