import { describe, expect, it } from 'vitest';
import { StorageError } from '../common/errors.js';
import { whileAway } from './while-away.js';

const away = () => new StorageError('database: away', { code: 'database_unavailable' });

describe('whileAway', () => {
  it('tries again until the database answers', async () => {
    let calls = 0;
    const work = async () => {
      if (++calls < 3) throw away();
      return 'done';
    };
    expect(await whileAway(work, new AbortController().signal)).toBe('done');
    expect(calls).toBe(3);
  });

  it('throws any other error at once', async () => {
    let calls = 0;
    const work = async () => {
      calls++;
      throw new StorageError('storage: full');
    };
    await expect(whileAway(work, new AbortController().signal)).rejects.toThrow('full');
    expect(calls).toBe(1);
  });

  it('gives up when its time is over', async () => {
    const over = new AbortController();
    setTimeout(() => over.abort(), 100);
    await expect(whileAway(async () => Promise.reject(away()), over.signal)).rejects.toThrow('away');
  });
});
