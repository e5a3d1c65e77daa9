import { describe, expect, it } from 'vitest';
import { charactersOf, cutTo, maxCharacters } from './input-bound.js';

describe('the bound of an input', () => {
  it('is 16 characters a token', () => expect(maxCharacters(512)).toBe(8192));

  it.each([
    ['', 0],
    ['abc', 3],
    ['🙂', 2],
    ['가', 1],
    ['e\u0301', 2],
    ['ﷺ', 18],
    ['a\ud800', 2],
  ])('%j counts as %i', (text, count) => expect(charactersOf(text, 100)).toBe(count));

  it('does not look at a text that is too long as it is', () => {
    expect(charactersOf('ﷺ'.repeat(1000), 100)).toBe(1000);
  });

  it.each([
    ['abcdef', 4, 'abcd', 'cdef'],
    ['abc', 4, 'abc', 'abc'],
    ['a🙂b🙂', 2, 'a', '🙂'],
    ['🙂🙂', 3, '🙂', '🙂'],
    ['ﷺaﷺ', 19, 'ﷺa', 'aﷺ'],
    ['ﷺﷺ', 17, '', ''],
    ['', 4, '', ''],
  ])('cuts %j to %i at its end and at its beginning', (text, most, beginning, end) => {
    expect(cutTo(text, most, 'right')).toBe(beginning);
    expect(cutTo(text, most, 'left')).toBe(end);
  });
});
