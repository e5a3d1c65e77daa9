import { describe, expect, it } from 'vitest';
import { ModelError } from '../../common/errors.js';
import { NormalizedString } from './normalized-string.js';
import { stringPattern } from './pattern.js';
import { asSplitBehavior, type SplitBehavior, splitInto } from './split.js';

function split(text: string, behavior: SplitBehavior, invert = false): string[] {
  const out: NormalizedString[] = [];
  splitInto(out, NormalizedString.of(text), { matches: stringPattern('-')(text), behavior, invert });
  return out.map((part) => part.text);
}

describe('splitInto', () => {
  const table: [SplitBehavior, string[]][] = [
    ['Removed', ['the', 'final', 'countdown']],
    ['Isolated', ['the', '-', 'final', '-', '-', 'countdown']],
    ['MergedWithPrevious', ['the-', 'final-', '-', 'countdown']],
    ['MergedWithNext', ['the', '-final', '-', '-countdown']],
    ['Contiguous', ['the', '-', 'final', '--', 'countdown']],
  ];
  for (const [behavior, expected] of table) {
    it(`cuts as ${behavior} says`, () => {
      expect(split('the-final--countdown', behavior)).toEqual(expected);
    });
  }

  it('takes what lies between as delimiters when inverted', () => {
    expect(split('a--b', 'Removed', true)).toEqual(['-', '-']);
  });

  it('leaves out empty parts', () => {
    expect(split('--', 'Removed')).toEqual([]);
    expect(split('', 'Isolated')).toEqual([]);
  });

  it('refuses an unknown behavior by name', () => {
    expect(() => asSplitBehavior('Sideways', 'pre_tokenizer.behavior')).toThrow(ModelError);
    expect(() => asSplitBehavior('Sideways', 'pre_tokenizer.behavior')).toThrow(/Removed.*"Sideways"/);
  });
});
