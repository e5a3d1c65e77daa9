import { describe, expect, it } from 'vitest';
import { IncompatibleAdapterError } from '../common/errors.js';
import { matchAll, matchTable } from './pattern.js';

const paths = [
  'bert.encoder.layer.0.attention.self.query',
  'bert.encoder.layer.1.attention.self.value',
  'bert.encoder.layer.11.output.dense',
];

describe('matchTable', () => {
  it('matches whole texts only', () => {
    expect(matchAll('query', paths, 'k')).toEqual([false, false, false]);
    expect(matchAll('.*query', paths, 'k')).toEqual([true, false, false]);
    expect(matchAll('^.*query$', paths, 'k')).toEqual([true, false, false]);
  });

  it.each([
    ['.*layer\\.0\\..*(key|query)', [true, false, false]],
    ['.*layer.[01]\\..*', [true, true, false]],
    ['.*layer\\.\\d+\\.output\\.dense', [false, false, true]],
    ['.*layer\\.\\d{2}\\..*', [false, false, true]],
    ['.*layer\\.1{1,2}\\..*', [false, true, true]],
    ['.*\\.(?:query|value)', [true, true, false]],
    ['.*\\.(?P<name>query|value)', [true, true, false]],
    ['(bert\\.)?encoder.*?dense', [false, false, true]],
    ['[^1]*', [true, false, false]],
    ['bert\\.[a-z.]+\\d+[a-z.]+', [true, true, true]],
    ['.*(query|value|)', [true, true, true]],
    ['\\Abert.*dense\\Z', [false, false, true]],
    ['(.*)+x', [false, false, false]],
    ['[\\w.]+', [true, true, true]],
    ['[]x]*', [false, false, false]],
    ['a{2', [false, false, false]],
  ])('reads %s as Python does', (pattern, expected) => {
    expect(matchAll(pattern, paths, 'k')).toEqual(expected);
  });

  it('agrees with JavaScript on generated patterns', () => {
    const parts = ['a', 'b', '.', '[ab]', '(a|bc)', '(?:ab)*', 'a?', 'b+', 'c{0,2}', '\\d'];
    const texts = ['', 'a', 'ab', 'abc', 'aabbcc', 'bc1', 'abab', 'c1', 'bcbc'];
    for (let seed = 0; seed < 300; seed++) {
      const pattern = [seed % 10, Math.floor(seed / 3) % 10, Math.floor(seed / 7) % 10].map((at) => parts[at]).join('');
      const own = new RegExp(`^(?:${pattern})$`);
      expect(matchAll(pattern, texts, 'k'), pattern).toEqual(texts.map((text) => own.test(text)));
    }
  });

  it('decides in no time what backtracking would not in years', () => {
    expect(matchAll('(a+)+$', [`${'a'.repeat(200)}!`], 'k')).toEqual([false]);
    expect(matchAll('(a|a)*b', ['a'.repeat(200)], 'k')).toEqual([false]);
  });

  it.each(['(?!x).*', '(?<=a)b', '(a)\\1', '(?i)a', 'a(', 'a)', '*a', '[a', '\\b', 'a**', '(((a{999}){999}){9})'])(
    'refuses %s by name',
    (pattern) => {
      expect(() => matchAll(pattern, paths, 'target_modules')).toThrow(IncompatibleAdapterError);
      expect(() => matchAll(pattern, paths, 'target_modules')).toThrow(
        'target_modules: must be a pattern that we can read',
      );
    },
  );

  it('refuses more work than a configuration can need', () => {
    const patterns = Array.from({ length: 200 }, () => '(.?){900}x');
    expect(() => matchTable(patterns, paths, 'rank_pattern')).toThrow('rank_pattern: patterns must take less work');
  });

  it('has no rows for no patterns and empty rows for no texts', () => {
    expect(matchTable([], paths, 'k')).toEqual([]);
    expect(matchTable(['a'], [], 'k')).toEqual([[]]);
  });
});
