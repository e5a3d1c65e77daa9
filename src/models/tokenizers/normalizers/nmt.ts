import { charPredicate } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';
import { mapCharacters } from '../transform.js';

const isControl = charPredicate('\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f');
const isBlank = charPredicate('\\t\\n\\f\\r\\u1680\\u200b-\\u200f\\u2028\\u2029\\u2581\\ufeff\\ufffd');

/** SentencePiece's cleaning for machine translation: some controls go, some separators become blanks. */
export function nmt(source: NormalizedString): NormalizedString {
  return mapCharacters(source, (char, point) => {
    if (isControl(point)) return '';
    return isBlank(point) ? ' ' : char;
  });
}
