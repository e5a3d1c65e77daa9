import { isWhitespace, WHITE_SPACE, WORD } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';
import { characterPattern, regexPattern } from '../pattern.js';
import { splitInto } from '../split.js';

const words = regexPattern(new RegExp(`[${WORD}]+|[^${WORD}${WHITE_SPACE}]+`, 'gv'));
const blanks = characterPattern(isWhitespace);

/** Runs of word characters, and runs of all others but white space. */
export function whitespacePreTokenizer(source: NormalizedString, out: NormalizedString[]): void {
  splitInto(out, source, { matches: words(source.text), behavior: 'Removed', invert: true });
}

/** Whatever stands between white space. */
export function whitespaceSplit(source: NormalizedString, out: NormalizedString[]): void {
  splitInto(out, source, { matches: blanks(source.text), behavior: 'Removed' });
}
