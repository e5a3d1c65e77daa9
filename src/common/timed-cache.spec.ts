import { describe, expect, it } from 'vitest';
import { TimedCache } from './timed-cache.js';

function makeCache(capacity = 10) {
  let nowMs = 0;
  let loads = 0;
  const cache = new TimedCache<number>({ ttlMs: 100, capacity, clock: () => nowMs });
  const get = (key: string) => cache.get(key, async () => ++loads);
  return { cache, get, wait: (ms: number) => (nowMs += ms) };
}

describe('TimedCache', () => {
  it('loads once within its time and again after it', async () => {
    const { get, wait } = makeCache();
    expect(await Promise.all([get('a'), get('a')])).toEqual([1, 1]);
    wait(99);
    expect(await get('a')).toBe(1);
    wait(1);
    expect(await get('a')).toBe(2);
  });

  it('does not keep a failed load', async () => {
    const { cache, get } = makeCache();
    await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await get('a')).toBe(1);
  });

  it('forgets the oldest when it is full', async () => {
    const { get } = makeCache(2);
    await get('a');
    await get('b');
    await get('c');
    expect(await get('b')).toBe(2);
    expect(await get('a')).toBe(4);
  });

  it('forgets by prefix, also what is being loaded', async () => {
    const { cache, get } = makeCache();
    const loading = get('t1/a');
    await get('t2/a');
    cache.clear('t1/');
    await loading;
    expect(await get('t1/a')).toBe(3);
    expect(await get('t2/a')).toBe(2);
    cache.clear();
    expect(await get('t2/a')).toBe(4);
  });
});
