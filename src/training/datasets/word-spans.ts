import type { Encoding } from '../../models/tokenizers/encoding.js';

/** A word as the tokenizer cuts it: its first piece, and where it stands in the text, in code points. */
export interface WordSpan {
  readonly token: number;
  readonly start: number;
  readonly end: number;
}

/** Words of the first sequence of an encoding, without tokens that the tokenizer added and without the space before them. */
export function wordSpans(text: string, encoding: Pick<Encoding, 'offsets' | 'specialMask' | 'wordIds'>): WordSpan[] {
  const points = Array.from(text);
  const words: { token: number; start: number; end: number }[] = [];
  let word = -1;
  for (let token = 0; token < encoding.specialMask.length; token++) {
    if (encoding.specialMask[token] === 1) continue;
    const [start = 0, end = 0] = encoding.offsets.subarray(2 * token, 2 * token + 2);
    const last = words.at(-1);
    if (last && encoding.wordIds[token] === word) last.end = Math.max(last.end, end);
    else words.push({ token, start, end });
    word = encoding.wordIds[token] ?? -1;
  }
  for (const span of words) while (span.start < span.end && /^\s$/u.test(points[span.start] ?? '')) span.start++;
  return words;
}
