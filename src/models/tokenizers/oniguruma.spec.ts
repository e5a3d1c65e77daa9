import { describe, expect, it } from 'vitest';
import { ModelError } from '../../common/errors.js';
import { compileOniguruma } from './oniguruma.js';

function matches(pattern: string, text: string): string[] {
  return [...text.matchAll(compileOniguruma(pattern, 'test'))].map((match) => match[0]);
}

describe('compileOniguruma', () => {
  const table: [pattern: string, text: string, expected: string[]][] = [
    ['a|bc', 'abca', ['a', 'bc', 'a']],
    ["(?i:'s|'t)", "it'S don't", ["'S", "'t"]],
    ['(?i)sk', 'SK \u017f\u212a', ['SK', '\u017f\u212a']],
    ['a(?i)b|c', 'aB ab AC ac', ['aB', 'ab', 'ac']],
    ['(?i:a(?-i:b))', 'Ab AB', ['Ab']],
    ['\\s+', 'a\x85\u3000b\ufeff', ['\x85\u3000']],
    ['\\w+', 'é½_ ٣-', ['é½_', '٣']],
    ['\\h+', 'xAf09g', ['Af09']],
    ['\\H', 'ag', ['g']],
    ['[\\d\\-]+', '1-2a', ['1-2']],
    ['[a-c&&[^b]]+', 'abc', ['a', 'c']],
    ['[]a]+', 'a]b', ['a]']],
    ['[^]a]', 'a]b', ['b']],
    ['[a-]+', 'a-b', ['a-']],
    ['[[:alpha:]_]+', 'é_1', ['é_']],
    ['[[:^digit:]]', '1a', ['a']],
    ['[\\p{Lu}\\p{^L}]+', 'aB1c', ['B1']],
    ['\\P{L}', 'a1', ['1']],
    ['\\p{Han}+', 'a中文b', ['中文']],
    ['\\p{Greek}', 'aλ', ['λ']],
    ['(?>a+)b', 'aab', ['aab']],
    ['(?>a+)ab', 'aab', []],
    ['a++ab', 'aab', []],
    ['a?+a', 'aa', ['aa']],
    ['.*+b', 'ab', []],
    ['a{2}', 'aaaa', ['aa', 'aa']],
    ['a{,2}b', 'aaab', ['aab']],
    ['x{a}', 'x{a}', ['x{a}']],
    ['a+?', 'aa', ['a', 'a']],
    ['^.', 'ab\ncd', ['a', 'c']],
    ['.$', 'ab\ncd', ['b', 'd']],
    ['\\Aa|b\\z', 'ab\nb', ['a', 'b']],
    ['b\\Z', 'b b\n', ['b']],
    ['(?m:.)', '\n', ['\n']],
    ['.', '\r\u2028\n', ['\r', '\u2028']],
    ['\\bé\\w*', 'éa xé', ['éa']],
    ['\\B.', 'ab', ['b']],
    ['(?x) a b # comment\n | \\ ', 'ab ', ['ab', ' ']],
    ['(?#note)a', 'a', ['a']],
    ['(a)(b)\\2\\1', 'abba', ['abba']],
    ['(?<one>a)b\\k<one>', 'aba', ['aba']],
    ['(?>(a))\\1', 'aa', ['aa']],
    ['(?<!a)b', 'ab b', ['b']],
    ['\\R', 'a\r\nb\n', ['\r\n', '\n']],
    ['\\x41\\x{1F600}\\u00e9\\t', 'A😀é\t', ['A😀é\t']],
    ['[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]+', 'a[\\]^b~', ['[\\]^', '~']],
  ];
  for (const [pattern, text, expected] of table) {
    it(`finds ${JSON.stringify(expected)} with ${JSON.stringify(pattern)}`, () => {
      expect(matches(pattern, text)).toEqual(expected);
    });
  }

  const refused: [pattern: string, part: string][] = [
    ['(a', 'balanced parentheses'],
    ['a)', 'balanced parentheses'],
    ['[a', 'more'],
    ['\\p{Nonsense}', 'a known property, not Nonsense'],
    ['[[:nonsense:]]', 'a known POSIX bracket'],
    ['\\G', 'a known escape, not \\G'],
    ['\\K', 'a known escape, not \\K'],
    ['\\X', 'a known escape, not \\X'],
    ['(?(1)a|b)', 'a known kind of group'],
    ['(?~a)', 'a known kind of group'],
    ['\\3', 'a group before the reference 3'],
    ['\\k<no>', 'a group before the reference k<no>'],
    ['[b-a]', 'a valid regular expression'],
  ];
  for (const [pattern, part] of refused) {
    it(`refuses ${JSON.stringify(pattern)}`, () => {
      expect(() => compileOniguruma(pattern, 'pre_tokenizer.pattern.Regex')).toThrow(ModelError);
      expect(() => compileOniguruma(pattern, 'pre_tokenizer.pattern.Regex')).toThrow(part);
      expect(() => compileOniguruma(pattern, 'pre_tokenizer.pattern.Regex')).toThrow('pre_tokenizer.pattern.Regex');
    });
  }
});
