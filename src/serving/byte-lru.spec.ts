import { expect, it } from 'vitest';
import { ByteLru } from './byte-lru.js';

it('drops the least recently used first, by bytes', () => {
  const dropped: string[] = [];
  const lru = new ByteLru<string>(10, (key) => dropped.push(key));
  lru.set('a', 'A', 4);
  lru.set('b', 'B', 4);
  expect(lru.get('a')).toBe('A');
  lru.set('c', 'C', 4);
  expect(dropped).toEqual(['b']);
  expect([lru.get('a'), lru.get('b'), lru.bytes]).toEqual(['A', undefined, 8]);
});

it('counts a replaced value once', () => {
  const lru = new ByteLru<string>(10);
  lru.set('a', 'A', 4);
  lru.set('a', 'AA', 6);
  expect([lru.bytes, lru.size]).toEqual([6, 1]);
  expect([lru.delete('a'), lru.delete('a'), lru.bytes]).toEqual([true, false, 0]);
});

it('does not keep a value larger than itself, nor drop others for it', () => {
  const lru = new ByteLru<string>(10);
  lru.set('a', 'A', 4);
  lru.set('big', 'B', 11);
  expect([lru.get('big'), lru.get('a')]).toEqual([undefined, 'A']);
});
