import { expect, it } from 'vitest';
import { pageBucket } from './page-bucket.js';

it.each([
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 4],
  [16, 16],
  [17, 32],
  [1000, 1024],
])('%i pages go into the bucket of %i', (count, bucket) => {
  expect(pageBucket(count)).toBe(bucket);
});
