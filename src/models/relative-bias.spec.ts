import { expect, it } from 'vitest';
import { relativeBucket } from './relative-bias.js';

it('gives each of the nearest distances a bucket of its own, keys after the query in the upper half', () => {
  expect([0, -1, -2, -7].map(relativeBucket)).toEqual([0, 1, 2, 7]);
  expect([1, 2, 7].map(relativeBucket)).toEqual([17, 18, 23]);
});

it('grows with the logarithm from 8 to 128 and then stays', () => {
  const starts = Array.from({ length: 200 }, (_, n) => n).filter((n) => relativeBucket(-n) !== relativeBucket(-n + 1));
  expect(starts.filter((n) => n >= 8)).toEqual([8, 12, 16, 23, 32, 46, 64, 91]);
  expect([-91, -128, -10_000].map(relativeBucket)).toEqual([15, 15, 15]);
  expect([91, 128, 10_000].map(relativeBucket)).toEqual([31, 31, 31]);
});
