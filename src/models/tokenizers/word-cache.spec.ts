import { describe, expect, it } from 'vitest';
import { WordCache } from './word-cache.js';

describe('WordCache', () => {
  it('computes a word once', () => {
    const cache = new WordCache<number>();
    let count = 0;
    const compute = (): number => ++count;
    expect([cache.getOrCompute('wind', compute), cache.getOrCompute('wind', compute)]).toEqual([1, 1]);
  });

  it('never holds more than twice its capacity', () => {
    const cache = new WordCache<number>(10);
    for (let i = 0; i < 1000; i++) cache.getOrCompute(`word ${i}`, () => i);
    expect(cache.size).toBeLessThanOrEqual(20);
  });

  it('keeps a word in use through any number of others', () => {
    const cache = new WordCache<number>(10);
    let count = 0;
    for (let i = 0; i < 1000; i++) {
      cache.getOrCompute('used', () => ++count);
      cache.getOrCompute(`word ${i}`, () => i);
    }
    expect(count).toBe(1);
  });

  it('does not keep a very long word', () => {
    const cache = new WordCache<number>();
    cache.getOrCompute('a'.repeat(256), () => 1);
    expect(cache.size).toBe(0);
  });

  it('keeps any UTF-16 word as it is', () => {
    const cache = new WordCache<string>();
    const word = 'дом中文😀 and some more';
    expect(cache.getOrCompute(word, (key) => key)).toBe(word);
    expect(cache.getOrCompute(word, () => 'other')).toBe(word);
  });
});
