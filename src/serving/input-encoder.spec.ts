import { describe, expect, it } from 'vitest';
import type { Encoding, EncodeOptions } from '../models/tokenizers/encoding.js';
import { encodeTexts } from './input-encoder.js';

/** One token a word, between two special ones. */
class WordTokenizer {
  characters = 0;
  encode(text: string, { maxTokens = Infinity }: EncodeOptions = {}): Encoding {
    this.characters += text.length;
    const words = text.split(/\s+/).filter((word) => word !== '').length;
    const length = Math.min(words + 2, maxTokens);
    return { ids: new Int32Array(length) } as Encoding;
  }
}

const lengths = (encodings: Encoding[]): number[] => encodings.map(({ ids }) => ids.length);
const refuse = { maxTokens: 8, truncate: false };

describe('encodeTexts', () => {
  it('encodes every text, the empty one too', async () => {
    const encodings = await encodeTexts(new WordTokenizer(), ['a b', '', 'a b c d e f'], refuse);
    expect(lengths(encodings)).toEqual([4, 2, 8]);
  });

  it('refuses a text that is too long, saying which, the rule and the length', async () => {
    const encoding = encodeTexts(new WordTokenizer(), ['a', 'a b c d e f g'], refuse);
    await expect(encoding).rejects.toThrow(/^input 1: at most 8 tokens.*got 9;/);
    await expect(encoding).rejects.toMatchObject({ param: 'input', code: 'context_length_exceeded', status: 400 });
  });

  it('cuts a long text when asked to', async () => {
    const encodings = await encodeTexts(new WordTokenizer(), ['a b c d e f g h i'], { maxTokens: 8, truncate: true });
    expect(lengths(encodings)).toEqual([8]);
  });

  it('reads no more of a huge text than it needs', async () => {
    const tokenizer = new WordTokenizer();
    await encodeTexts(tokenizer, ['word '.repeat(1e6)], { maxTokens: 8, truncate: true });
    expect(tokenizer.characters).toBeLessThan(2000);
  });

  it('reads on through a long stretch without tokens', async () => {
    const text = `${' '.repeat(5000)}a b`;
    expect(lengths(await encodeTexts(new WordTokenizer(), [text], refuse))).toEqual([4]);
  });

  it('lets the event loop have its turns', async () => {
    const slow = {
      encode: () => {
        const endMs = performance.now() + 2;
        while (performance.now() < endMs);
        return { ids: new Int32Array(2) } as Encoding;
      },
    };
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await encodeTexts(
      slow,
      Array.from({ length: 40 }, () => 'a'),
      refuse,
    );
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });
});
