import { isAscii } from './characters.js';
import type { NormalizedString } from './normalized-string.js';
import { mapCharacters } from './transform.js';

/*
 * GPT-2's alphabet: every byte as one visible character. Visible Latin-1 characters stand for themselves, the other 68
 * bytes, in order, for U+0100 onward (a blank becomes Ġ, a line feed Ċ).
 */

export const BYTE_TO_CHAR: readonly string[] = buildAlphabet();
const CHAR_TO_BYTE = new Map(BYTE_TO_CHAR.map((char, byte) => [char, byte]));
const utf8 = new TextEncoder();

function buildAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(isVisible ? byte : next++);
  });
}

/** A text as its UTF-8 bytes in GPT-2's alphabet; each byte has the span of its character. */
export function toByteAlphabet(source: NormalizedString): NormalizedString {
  const { text } = source;
  if (isAscii(text)) {
     
    return source.withText(text.replace(/[\0-\x20\x7f]/g, (char) => BYTE_TO_CHAR[char.charCodeAt(0)]!));
  }
  return mapCharacters(source, (char) => {
    let mapped = '';
    for (const byte of utf8.encode(char)) mapped += BYTE_TO_CHAR[byte]!;
    return mapped;
  });
}

/** Bytes of a token of the alphabet, or `undefined` when a character is not in it. */
export function fromByteAlphabet(token: string): number[] | undefined {
  const bytes: number[] = [];
  for (const char of token) {
    const byte = CHAR_TO_BYTE.get(char);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}
