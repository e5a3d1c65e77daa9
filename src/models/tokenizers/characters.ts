import { COMBINING_SINCE_9, NONSPACING_SINCE_8, PUNCTUATION_SINCE_8 } from './unicode-versions.js';

export type CharPredicate = (codePoint: number) => boolean;

/**
 * Whether a code point matches a character class, remembered for the basic plane (64 KiB a class).
 *
 * @param members  inside of a character class in `v` syntax, e.g. `\p{P}\-`
 */
export function charPredicate(members: string): CharPredicate {
  const pattern = new RegExp(`^[${members}]$`, 'v');
  const known = new Uint8Array(0x10000); // 0 not yet asked, 1 no, 2 yes
  return (codePoint) => {
    if (codePoint > 0xffff) return pattern.test(String.fromCodePoint(codePoint));
    if (known[codePoint] === 0) known[codePoint] = pattern.test(String.fromCharCode(codePoint)) ? 2 : 1;
    return known[codePoint] === 2;
  };
}

/** White_Space, 25 code points; unlike JavaScript's `\s` it has U+0085 and lacks U+FEFF. */
export const WHITE_SPACE = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
/** Letters, marks, decimal digits, connectors and joiners: `\w` of Rust's regular expressions. */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';

export const isWhitespace = charPredicate(WHITE_SPACE);
export const isWord = charPredicate(WORD);
export const isNumeric = charPredicate('\\p{N}');
/** General category P as of Unicode 8, or an ASCII symbol such as `$` and `+`. */
export const isPunctuation = charPredicate(
  `[[\\p{P}!-\\/:-@\\[-\`\\{-~]--[${PUNCTUATION_SINCE_8}]]\\u166d\\u{111c9}`,
);
/** General category Mn as of Unicode 8: what BERT's accent stripping removes. */
export const isNonspacingMark = charPredicate(`[\\p{Mn}--[${NONSPACING_SINCE_8}]]\\u1734\\u{1171e}`);
/** General category M as of Unicode 9: what the StripAccents normalizer removes. */
export const isCombiningMark = charPredicate(`[\\p{M}--[${COMBINING_SINCE_9}]]\\u1cf2\\u1cf3`);
/** What BERT's cleaning drops: control, format and private-use characters, U+0000 and U+FFFD. */
export const isDropped = charPredicate(
  '[[\\p{Cc}\\p{Cf}\\p{Co}\\ufffd]--[\\t\\n\\r\\u0890\\u0891\\u08e2\\u{110cd}\\u{13430}-\\u{1343f}]]',
);
/** CJK ideographs, which BERT takes as words of their own. */
export const isIdeograph = charPredicate(
  '\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}' +
    '\\u{2b920}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}',
);

/** True when every code unit is ASCII, so that code units, code points and UTF-8 bytes count the same. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Code units of a code point. */
export function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
