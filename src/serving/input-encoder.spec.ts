import { describe, expect, it } from 'vitest';
import { countCodePoints } from '../common/code-points.js';
import type { Encoding, EncodeOptions } from '../models/tokenizers/encoding.js';
import { maxCharacters } from './input-bound.js';
import { encodeTexts } from './input-encoder.js';

/** One token a word, between two special ones; keeps what it was given to read. */
class WordTokenizer {
  readonly texts: string[] = [];
  constructor(readonly truncationSide: 'left' | 'right' = 'right') {}

  encode(text: string, { maxTokens = Infinity }: EncodeOptions = {}): Encoding {
    this.texts.push(text);
    const all = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => {
      return [countCodePoints(text, index), countCodePoints(text, index + word.length)];
    });
    const room = Math.min(all.length, maxTokens - 2);
    const kept = this.truncationSide === 'right' ? all.slice(0, room) : all.slice(all.length - room);
    return {
      ids: new Int32Array(kept.length + 2),
      offsets: Int32Array.from([0, 0, ...kept.flat(), 0, 0]),
      specialMask: Uint8Array.from([1, ...kept.map(() => 0), 1]),
    } as Partial<Encoding> as Encoding;
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

  const huge = ['word '.repeat(2e5), 'a'.repeat(1e6), ' '.repeat(1e6), '我'.repeat(1e6), '👩‍👩‍👧‍👦'.repeat(1e5)];
  const most = maxCharacters(8);

  it.each(huge)('gives the tokenizer nothing of a huge text that it refuses', async (text) => {
    const tokenizer = new WordTokenizer();
    const encoding = encodeTexts(tokenizer, ['a', text], refuse);
    await expect(encoding).rejects.toMatchObject({ param: 'input', code: 'context_length_exceeded', status: 400 });
    await expect(encoding).rejects.toThrow(`input 1: at most ${most} characters for 8 tokens, got ${text.length};`);
    expect(tokenizer.texts).toEqual(['a']);
  });

  it.each(huge)('gives the tokenizer no more than the bound of a huge text that it cuts, and once', async (text) => {
    for (const side of ['left', 'right'] as const) {
      const tokenizer = new WordTokenizer(side);
      await encodeTexts(tokenizer, [text], { maxTokens: 8, truncate: true });
      expect(tokenizer.texts).toHaveLength(1);
      expect(tokenizer.texts[0]!.length).toBeLessThanOrEqual(most);
      expect(tokenizer.texts[0]).not.toMatch(/\p{Surrogate}/u);
    }
  });

  it('takes a text of just as many characters as it may have', async () => {
    expect(lengths(await encodeTexts(new WordTokenizer(), ['a'.repeat(most)], refuse))).toEqual([3]);
  });

  it('keeps the end of a text where the tokenizer cuts on the left, with the offsets of the whole', async () => {
    const text = `${'🙂 '.repeat(1000)}one two`;
    const [encoding] = await encodeTexts(new WordTokenizer('left'), [text], { maxTokens: 4, truncate: true });
    expect(Array.from(encoding!.offsets)).toEqual([0, 0, 2000, 2003, 2004, 2007, 0, 0]);
  });

  it('lets the event loop have its turns', async () => {
    const slow = {
      truncationSide: 'right' as const,
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
