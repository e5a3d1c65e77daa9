import { expect, it } from 'vitest';
import { CharacterCounts } from './character-counts.js';

it('counts code points by script and kind', () => {
  const counts = new CharacterCounts();
  expect(counts.add('Añ漢Я7 ,😀\u200b\u{20000}')).toBe(10);
  const shares = Object.fromEntries(counts.shares().map(({ kind, share }) => [kind, share]));
  expect(shares).toEqual({
    Latin: 0.2, Han: 0.2, Cyrillic: 0.1, digit: 0.1, space: 0.1, punctuation: 0.1, symbol: 0.1, control: 0.1,
  }); // prettier-ignore
});

it('has no shares of nothing', () => expect(new CharacterCounts().shares()).toEqual([]));
