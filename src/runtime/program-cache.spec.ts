import { describe, expect, it } from 'vitest';
import { ProgramCache } from './program-cache.js';

function fakePrograms() {
  const log: string[] = [];
  const compile = (key: string) => () => {
    log.push(`compile ${key}`);
    return Promise.resolve({
      run: () => Promise.resolve({}),
      dispose: () => Promise.resolve(void log.push(`dispose ${key}`)),
    });
  };
  return { log, compile };
}

describe('ProgramCache', () => {
  it('compiles once and drops the least recently used', async () => {
    const { log, compile } = fakePrograms();
    const cache = new ProgramCache(2);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(key, compile(key));
    expect(log).toEqual(['compile a', 'compile b', 'compile c', 'dispose b', 'compile b', 'dispose c']);
    expect(cache.size).toBe(2);
  });

  it('keeps nothing of a program that failed to compile', async () => {
    const { compile } = fakePrograms();
    const cache = new ProgramCache(2);
    await expect(cache.get('a', () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    expect(cache.size).toBe(0);
    await cache.get('a', compile('a'));
    expect(cache.size).toBe(1);
  });

  it('disposes all', async () => {
    const { log, compile } = fakePrograms();
    const cache = new ProgramCache(2);
    await cache.get('a', compile('a'));
    await cache.dispose();
    expect(log).toEqual(['compile a', 'dispose a']);
  });
});
