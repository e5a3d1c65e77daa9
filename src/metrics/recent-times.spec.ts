import { describe, expect, it } from 'vitest';
import { RecentTimes } from './recent-times.js';

describe('RecentTimes', () => {
  it('gives quantiles of the last seconds alone', () => {
    let nowMs = 0;
    const times = new RecentTimes(() => nowMs);
    expect(times.quantile(0.95)).toBeUndefined();
    for (let took = 1; took <= 100; took++) times.add(took);
    expect([times.quantile(0), times.quantile(0.5), times.quantile(0.95), times.quantile(1)]).toEqual([1, 50, 95, 100]);
    nowMs = 1_500;
    times.add(1_000);
    expect(times.quantile(1)).toBe(1_000);
    nowMs = 2_001;
    expect(times.quantile(0)).toBe(1_000);
    nowMs = 4_000;
    expect(times.quantile(0.5)).toBeUndefined();
  });

  it('keeps the last few hundred of very many', () => {
    const times = new RecentTimes(() => 0);
    for (let took = 1; took <= 2_000; took++) times.add(took);
    expect(times.quantile(0)).toBe(1_489);
  });
});
