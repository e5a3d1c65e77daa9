/**
 * Characters that an input may have for each token of its longest encoding. Tokens have 4 to 6 in most texts, but there is
 * no bound: a megabyte without spaces may be one unknown token, and a megabyte of spaces none. What a tokenizer reads of a
 * text is therefore bounded before it reads: for 512 tokens 8192 characters, which took 9 to 44 ms in the slowest scripts.
 */
const CHARACTERS_PER_TOKEN = 16;

/** Characters that a text of at most `maxTokens` may have. */
export function maxCharacters(maxTokens: number): number {
  return maxTokens * CHARACTERS_PER_TOKEN;
}

/**
 * UTF-16 code units of a text, or of its characters' compatibility forms (NFKC) where these are longer: a tokenizer that
 * writes them out reads 18 for U+FDFA. No more of the text is looked at than passes `most`.
 */
export function charactersOf(text: string, most: number): number {
  if (text.length > most || isAscii(text)) return text.length;
  return Array.from(text).reduce((sum, point) => sum + weightOf(point), 0);
}

/** The longest beginning, or end for `left`, of at most `most` characters; surrogate pairs stay whole. */
export function cutTo(text: string, most: number, side: 'left' | 'right'): string {
  const piece = side === 'right' ? text.slice(0, atPoint(text, most)) : text.slice(atPoint(text, text.length - most));
  if (isAscii(piece)) return piece;
  const points = Array.from(piece);
  if (side === 'left') points.reverse();
  let [room, units] = [most, 0];
  for (const point of points) {
    room -= weightOf(point);
    if (room < 0) break;
    units += point.length;
  }
  return side === 'right' ? piece.slice(0, units) : piece.slice(piece.length - units);
}

function weightOf(point: string): number {
  return Math.max(point.length, point.normalize('NFKC').length);
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** The place itself, or the one before where it is inside of a surrogate pair. */
function atPoint(text: string, at: number): number {
  if (at <= 0) return 0;
  return (text.codePointAt(at - 1) ?? 0) > 0xffff ? at - 1 : at;
}
