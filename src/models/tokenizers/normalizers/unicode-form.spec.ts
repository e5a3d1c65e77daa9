import { describe, expect, it } from 'vitest';
import { NormalizedString } from '../normalized-string.js';
import { combiningRank } from './combining.js';
import { unicodeForm } from './unicode-form.js';

const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;

describe('unicodeForm', () => {
  const texts = ['plain', 'café', 'cafe\u0301', 'o\u0323\u0302\u0301', 'o\u0301\u0302\u0323', '한국\u1112\u1161\u11ab', 'ﬁ½Å\u212b', '\u0344\u0300', 'か\u3099', '\u1d15e'];
  for (const form of FORMS) {
    it(`gives the text that ${form} has in JavaScript`, () => {
      for (const text of texts) expect(unicodeForm(form)(NormalizedString.of(text)).text).toBe(text.normalize(form));
    });
  }

  it('agrees with JavaScript on random marks', () => {
    const alphabet = ['a', 'o', '\u0301', '\u0302', '\u0316', '\u0323', '\u031b', '\u0345', 'ệ', '\u05b0', '\u1100', '\u1161', '\u11a8'];
    let state = 7;
    for (let round = 0; round < 300; round++) {
      let text = '';
      for (let i = 0; i < 8; i++) {
        state = (state * 48_271) % 2_147_483_647;
        text += alphabet[state % alphabet.length]!;
      }
      for (const form of FORMS) expect(unicodeForm(form)(NormalizedString.of(text)).text).toBe(text.normalize(form));
    }
  });

  it('gives a composed character the span of the first of its parts', () => {
    const result = unicodeForm('NFC')(NormalizedString.of('xe\u0301y'));
    expect(result.text).toBe('xéy');
    expect([result.originalStart(1), result.originalEnd(1), result.originalStart(2)]).toEqual([1, 2, 3]);
  });

  it('leaves characters that Unicode came to decompose after version 9', () => {
    expect(unicodeForm('NFKC')(NormalizedString.of('\u32ff')).text).toBe('\u32ff');
  });

  it('takes a long run of marks in time that grows with its length', () => {
    const result = unicodeForm('NFD')(NormalizedString.of('a' + '\u0301\u0316'.repeat(50_000)));
    expect(result.text.slice(0, 3)).toBe('a\u0316\u0316');
    expect(result.length).toBe(100_001);
  });
});

describe('combiningRank', () => {
  it('is 0 for starters and rises with the combining class', () => {
    expect(['a', '中', '\u0903', '\u200d'].map(combiningRank)).toEqual([0, 0, 0, 0]);
    const ranks = ['\u0334', '\u093c', '\u05b0', '\u0323', '\u0301', '\u0315', '\u0345'].map(combiningRank);
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(new Set(ranks).size).toBe(ranks.length);
  });

  it('is the same for marks of one class', () => {
    expect(combiningRank('\u0300')).toBe(combiningRank('\u0308'));
  });
});
