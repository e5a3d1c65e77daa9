import { describe, expect, it } from 'vitest';
import { readPageRequest, toPage } from './page.js';

describe('a page', () => {
  it('gives a cursor that leads to the row after its last', () => {
    const page = toPage(['a', 'b', 'ü/c'], 2, (row) => row);
    expect(page.items).toEqual(['a', 'b']);
    expect(readPageRequest({ limit: 5, cursor: page.nextCursor! })).toEqual({ limit: 5, after: 'b' });
  });

  it('has no cursor when it is the last', () => {
    expect(toPage(['a', 'b'], 2, (row) => row)).toEqual({ items: ['a', 'b'] });
    expect(toPage([], 2, String)).toEqual({ items: [] });
  });

  it.each([0, -1, 1001, 1.5, Number.NaN])('refuses the limit %d', (limit) => {
    expect(() => readPageRequest({ limit })).toThrow(/limit: expected/);
  });

  it.each(['', '%%%', 'YQ==', 'a', 'YQBi'])('refuses the cursor %j', (cursor) => {
    expect(() => readPageRequest({ cursor })).toThrow(/after: expected/);
  });
});
