import { describe, expect, it } from 'vitest';
import type { Encoding, EncodeOptions } from '../../models/tokenizers/encoding.js';
import { cutText } from './cut-text.js';

/** Pieces of up to three letters between two special tokens, as WordPiece would cut; ids are lengths. */
function encode(text: string, { maxTokens = Infinity }: EncodeOptions = {}): Encoding {
  const points = Array.from(text);
  const pieces: [number, number][] = [];
  points.forEach((point, at) => {
    const last = pieces.at(-1);
    if (point === ' ') return;
    if (last && last[1] === at && at - last[0] < 3) last[1]++;
    else pieces.push([at, at + 1]);
  });
  const kept = pieces.slice(0, maxTokens - 2);
  const ids = Int32Array.from([0, ...kept.map(([start, end]) => end - start), 0]);
  const offsets = Int32Array.from([[0, 0], ...kept, [0, 0]].flat());
  return { ids, offsets } as unknown as Encoding;
}

describe('cutText', () => {
  it.each([
    ['leaves a text that fits', 'abc def', 4, 'abc def'],
    ['cuts after a word', 'abc def ghi', 4, 'abc def'],
    ['cuts inside a word, where a token ends', 'abcdefghi', 4, 'abcdef'],
    ['counts code points, not code units', '😀😀😀 😀😀😀 😀', 4, '😀😀😀 😀😀😀'],
  ])('%s', (_what, text, maxTokens, part) => expect(cutText({ encode }, text, maxTokens)).toBe(part));

  it('refuses a part that reads differently alone', () => {
    const fickle = {
      encode: (text: string, options?: EncodeOptions) => encode(text === 'abc def' ? 'ab' : text, options),
    };
    expect(() => cutText(fickle, 'abc def ghi', 4)).toThrow(/expected its first 4 tokens/);
  });
});
