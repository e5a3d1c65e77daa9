import { expect, it } from 'vitest';
import { checkRange, positionsOf, sameRange } from './token-range.js';

it.each([
  [{ from: 0 }, { from: 3, to: 8 }],
  [
    { from: 1, to: 3 },
    { from: 4, to: 6 },
  ],
  [
    { from: 4, to: 90 },
    { from: 7, to: 8 },
  ],
  [{ from: 9 }, { from: 8, to: 8 }],
])('%o of five tokens from position 3 is %o', (range, expected) => {
  expect(positionsOf(range, { start: 3, length: 5 })).toEqual(expected);
});

it.each([{ from: -1 }, { from: 0.5 }, { from: 2, to: 2 }, { from: 0, to: 1.5 }, { from: NaN }])(
  'refuses %o',
  (range) => {
    expect(() => checkRange(range)).toThrow('0 ≤ from < to');
  },
);

it('tells ranges apart', () => {
  expect(sameRange({ from: 1 }, { from: 1 })).toBe(true);
  expect(sameRange(undefined, undefined)).toBe(true);
  expect(sameRange({ from: 1 }, { from: 1, to: 2 })).toBe(false);
  expect(sameRange({ from: 0 }, undefined)).toBe(false);
});
