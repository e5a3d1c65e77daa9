import { describe, expect, it } from 'vitest';
import { readTexts, readTextsOrIds } from './checked-input.js';

const WRONG = [undefined, null, 5, true, {}, [], [null], ['a', 5], [{}], [[['a']]], [[[5]]]];

describe('readTexts', () => {
  it('gives a list of texts', () => {
    expect(readTexts('')).toEqual(['']);
    expect(readTexts(['a', ''])).toEqual(['a', '']);
  });
  it.each([...WRONG, [5], [[5]]])('gives nothing for %j', (given) => expect(readTexts(given)).toBeUndefined());
});

describe('readTextsOrIds', () => {
  it('gives a list of texts or of lists of ids', () => {
    expect(readTextsOrIds('a')).toEqual(['a']);
    expect(readTextsOrIds(['a'])).toEqual(['a']);
    expect(readTextsOrIds([5, -1])).toEqual([[5, -1]]);
    expect(readTextsOrIds([[5], [6, 7]])).toEqual([[5], [6, 7]]);
  });
  it.each([...WRONG, [[]], [[5], []], [[5], 'a'], [5, [5]], [1.5], [2 ** 60], [Infinity]])(
    'gives nothing for %j',
    (given) => expect(readTextsOrIds(given)).toBeUndefined(),
  );

  it('looks at no item behind the first wrong one', () => {
    let looked = 0;
    const list = new Proxy([5, 'a', ...Array<number>(1000).fill(5)], {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) looked++;
        return Reflect.get(target, key) as unknown;
      },
    });
    expect(readTextsOrIds(list)).toBeUndefined();
    expect(looked).toBeLessThan(10);
  });
});
