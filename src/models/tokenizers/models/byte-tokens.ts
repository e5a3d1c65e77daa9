import { isAscii, unitsOf } from '../characters.js';

const BYTE_TOKENS = Array.from({ length: 256 }, (_, byte) => {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
});

/** SentencePiece's token for a byte: `<0x0A>`. */
export function byteToken(byte: number): string {
  return BYTE_TOKENS[byte]!;
}

/**
 * Spans in code units of tokens that follow one another, given their lengths in UTF-8 bytes; a token that begins or ends
 * inside of a character has all of that character.
 */
export function spansOfBytes(word: string, byteLengths: readonly number[]): number[] {
  const spans: number[] = [];
  const points = isAscii(word) ? undefined : bytePoints(word);
  let done = 0;
  for (const length of byteLengths) {
    const last = done + length - 1;
    if (points === undefined) spans.push(done, last + 1);
    else spans.push(points.start[done] ?? word.length, points.end[last] ?? word.length);
    done += length;
  }
  return spans;
}

/** Start and end in code units of the character that each UTF-8 byte belongs to. */
function bytePoints(word: string): { start: number[]; end: number[] } {
  const start: number[] = [];
  const end: number[] = [];
  for (let i = 0; i < word.length; ) {
    const point = word.codePointAt(i)!;
    const next = i + unitsOf(point);
    const bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (let b = 0; b < bytes; b++) {
      start.push(i);
      end.push(next);
    }
    i = next;
  }
  return { start, end };
}
