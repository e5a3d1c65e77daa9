import { expect, it } from 'vitest';
import { LengthCounts } from './length-counts.js';

it('has exact quantiles by nearest rank and bins of powers of two', () => {
  const counts = new LengthCounts();
  for (let length = 1; length <= 100; length++) counts.add(length);
  expect(counts.summary()).toEqual({
    rows: 100,
    mean: 50.5,
    min: 1,
    p50: 50,
    p95: 95,
    p99: 99,
    max: 100,
    histogram: [1, 2, 4, 8, 16, 32, 37].map((rows, at) => ({ from: at === 0 ? 0 : 2 ** at, to: 2 ** (at + 1), rows })),
  });
});

it('is zero for nothing, and counts empty texts in the first bin', () => {
  expect(new LengthCounts().summary()).toMatchObject({ rows: 0, mean: 0, max: 0, p99: 0, histogram: [] });
  const counts = new LengthCounts();
  counts.add(0);
  counts.add(1);
  expect(counts.summary().histogram).toEqual([{ from: 0, to: 2, rows: 2 }]);
});
