import { describe, expect, it } from 'vitest';
import { Trie } from './trie.js';

describe('Trie', () => {
  const trie = new Trie();
  trie.insert('a', 1);
  trie.insert('abc', 2);
  trie.insert('😀', 3);

  it('walks to stored texts and through their beginnings', () => {
    expect(trie.value(trie.walk('a'))).toBe(1);
    expect(trie.value(trie.walk('abc'))).toBe(2);
    expect(trie.value(trie.walk('ab'))).toBe(-1);
    expect(trie.value(trie.walk('😀'))).toBe(3);
  });

  it('ends at what is not stored', () => {
    expect(trie.walk('b')).toBe(-1);
    expect(trie.walk('abcd')).toBe(-1);
  });

  it('goes on from a node', () => {
    expect(trie.value(trie.walk('c', trie.walk('ab')))).toBe(2);
    expect(trie.walk('c', -1)).toBe(-1);
  });
});
