import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Repeated } from './repeated.js';

describe('Repeated', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('acts at once and at every interval until it is stopped', async () => {
    let acts = 0;
    const repeated = new Repeated(100, () => {
      acts++;
      return Promise.resolve();
    });
    repeated.start();
    expect(acts).toBe(1);
    await vi.advanceTimersByTimeAsync(350);
    expect(acts).toBe(4);
    await repeated.stop();
    await vi.advanceTimersByTimeAsync(350);
    expect(acts).toBe(4);
  });

  it('does not act twice at a time, and a stop waits for what is under way', async () => {
    const ends: (() => void)[] = [];
    const repeated = new Repeated(100, () => new Promise((resolve) => ends.push(resolve)));
    repeated.start();
    await vi.advanceTimersByTimeAsync(350);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(100);
    expect(ends).toHaveLength(2);

    let hasStopped = false;
    const stopped = repeated.stop().then(() => (hasStopped = true));
    await vi.advanceTimersByTimeAsync(100);
    expect(hasStopped).toBe(false);
    ends[1]?.();
    await stopped;
    expect(hasStopped).toBe(true);
  });
});
