import { describe, expect, it } from 'vitest';
import {
  isAscii,
  isCombiningMark,
  isDropped,
  isIdeograph,
  isNonspacingMark,
  isNumeric,
  isPunctuation,
  isWhitespace,
  isWord,
} from './characters.js';

function members(isMember: (point: number) => boolean, text: string): string {
  return [...text].filter((char) => isMember(char.codePointAt(0)!)).join('');
}

describe('character classes', () => {
  it('takes white space as Unicode has it, not as JavaScript', () => {
    expect(members(isWhitespace, 'a \t\n\x85\xa0\u3000\ufeff\u200b')).toBe(' \t\n\x85\xa0\u3000');
  });

  it('takes ASCII symbols for punctuation, others not', () => {
    expect(members(isPunctuation, 'a$+<=>^`|~.“¿§€×')).toBe('$+<=>^`|~.“¿§');
  });

  it('knows the punctuation of Unicode 8 only', () => {
    expect(members(isPunctuation, '\u061e\u061d\u2e42\u2e43\u166d')).toBe('\u061e\u2e42\u166d');
  });

  it('tells nonspacing from other combining marks', () => {
    expect(members(isNonspacingMark, 'e\u0301\u0903')).toBe('\u0301');
    expect(members(isCombiningMark, 'e\u0301\u0903')).toBe('\u0301\u0903');
  });

  it('drops controls, formats and private characters but no tabs and line ends', () => {
    expect(members(isDropped, 'a\t\n\r\0\x07\xad\u200d\ue000\ufffd')).toBe('\0\x07\xad\u200d\ue000\ufffd');
  });

  it('finds ideographs beyond the basic plane', () => {
    expect(members(isIdeograph, '中\u{20000}かア한')).toBe('中\u{20000}');
  });

  it('takes every kind of number for numeric, and joiners for parts of words', () => {
    expect(members(isNumeric, '1½Ⅷ٣a')).toBe('1½Ⅷ٣');
    expect(members(isWord, 'a_1\u200dé-²')).toBe('a_1\u200dé');
  });

  it('tells ASCII text', () => {
    expect([isAscii(''), isAscii('a~\x7f'), isAscii('é')]).toEqual([true, true, false]);
  });
});
