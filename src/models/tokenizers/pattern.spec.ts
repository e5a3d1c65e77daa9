import { describe, expect, it } from 'vitest';
import { ModelError } from '../../common/errors.js';
import { buildPattern, characterPattern, regexPattern, stringPattern } from './pattern.js';

describe('patterns', () => {
  it('finds a text without overlap', () => {
    expect(stringPattern('aa')('aaaaa')).toEqual([0, 2, 2, 4]);
    expect(stringPattern('x')('')).toEqual([]);
  });

  it('finds the empty text between all characters', () => {
    expect(stringPattern('')('a😀')).toEqual([0, 0, 1, 1, 3, 3]);
  });

  it('finds characters, also past the basic plane', () => {
    expect(characterPattern((point) => point > 0xffff)('a😀b')).toEqual([1, 3]);
  });

  it('passes over an empty match right after a match', () => {
    expect(regexPattern(/x*/gu)('axxb')).toEqual([0, 0, 1, 3, 4, 4]);
  });

  it('starts anew for every text', () => {
    const find = regexPattern(/a/gu);
    expect([find('aa'), find('a')]).toEqual([
      [0, 1, 1, 2],
      [0, 1],
    ]);
  });

  it('reads texts and regular expressions, and refuses other keys by name', () => {
    expect(buildPattern({ String: '.' }, 'p')('a.b')).toEqual([1, 2]);
    expect(buildPattern({ Regex: '\\d+' }, 'p')('a12')).toEqual([1, 3]);
    expect(() => buildPattern({ Glob: '*' }, 'normalizer.pattern')).toThrow(ModelError);
    expect(() => buildPattern({ Glob: '*' }, 'normalizer.pattern')).toThrow(/normalizer\.pattern: .*Glob/);
  });
});
