import { describe, expect, it } from 'vitest';
import { AliasHistory } from './alias-history.js';

describe('AliasHistory', () => {
  it('takes both versions while a move is under way, and the later one alone after it', async () => {
    const history = new AliasHistory('a');
    const before = performance.now();
    let during = 0;
    await history.move('b', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      during = performance.now();
      expect(history.during(during, during)).toEqual(new Set(['a', 'b']));
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    const after = performance.now() + 1;
    expect(history.during(before - 1, before - 1)).toEqual(new Set(['a']));
    expect(history.during(before, during)).toEqual(new Set(['a', 'b']));
    expect(history.during(before, after)).toEqual(new Set(['a', 'b']));
    expect(history.during(after, after + 1)).toEqual(new Set(['b']));
  });
});
