import { describe, expect, it } from 'vitest';
import { loadTinyModel } from '../../test/support/tiny-model.js';
import { Template } from '../adapters/verbaliser/template.js';
import { encodePrompts } from './encode-prompts.js';

const { tokenizer } = await loadTinyModel({ modelType: 'bert' });
const template = Template.parse('{text} the [MASK].');
const encode = (text: string, maxTokens: number, truncate: boolean) =>
  encodePrompts(tokenizer, [text], template, { maxTokens, truncate });
const MASK = tokenizer.special.mask;

describe('encodePrompts', () => {
  it('puts each text in the prompt and says where its mask is', async () => {
    const prompts = await encodePrompts(tokenizer, ['rain', 'a b c'], template, { maxTokens: 12, truncate: false });
    expect(prompts.map(({ encoding }) => encoding.tokens)).toEqual([
      ['[CLS]', 'rain', 'the', '[MASK]', '.', '[SEP]'],
      ['[CLS]', 'a', 'b', 'c', 'the', '[MASK]', '.', '[SEP]'],
    ]);
    expect(prompts.map(({ mask }) => mask)).toEqual([3, 5]);
  });

  it('cuts the text and never the prompt', async () => {
    const [cut] = await encode('a b c d e f g h', 8, true);
    expect(cut?.encoding.tokens).toEqual(['[CLS]', 'a', 'b', 'c', 'the', '[MASK]', '.', '[SEP]']);
    expect(cut?.encoding.ids[cut.mask]).toBe(MASK);
    const [whole] = await encode('a b c', 8, true);
    expect(whole?.encoding.ids).toEqual(cut?.encoding.ids);
  });

  it('gives no more of a huge text to the tokenizer than it may read', async () => {
    const [spaces] = await encode(' '.repeat(1e6), 12, true);
    expect(spaces?.encoding.tokens).toEqual(['[CLS]', 'the', '[MASK]', '.', '[SEP]']);
    const [word] = await encode('rain '.repeat(1e5), 12, true);
    expect(word?.encoding.ids).toHaveLength(12);
  });

  it('lets the event loop have its turns between long texts', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await encodePrompts(
      tokenizer,
      Array.from({ length: 200 }, () => 'rain '.repeat(500)),
      template,
      {
        maxTokens: 40,
        truncate: true,
      },
    );
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(10);
  });

  it('refuses a long text unless it may cut it, and a prompt that leaves no room', async () => {
    await expect(encode('a b c d e f g h', 8, false)).rejects.toMatchObject({ code: 'context_length_exceeded' });
    await expect(encode('a', 5, true)).rejects.toThrow('expected room for a text');
  });
});
