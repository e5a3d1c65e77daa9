import { describe, expect, it } from 'vitest';
import { NormalizedString } from './normalized-string.js';
import { mapCharacters, transform } from './transform.js';

function spans(text: NormalizedString): number[][] {
  return Array.from({ length: text.length }, (_, i) => [text.originalStart(i), text.originalEnd(i)]);
}

describe('NormalizedString', () => {
  it('counts code points, also past the basic plane', () => {
    expect(spans(NormalizedString.of('a😀b'))).toEqual([
      [0, 1],
      [1, 2],
      [1, 2],
      [2, 3],
    ]);
  });

  it('keeps the spans in a slice, and in a slice of that', () => {
    const slice = NormalizedString.of('abcdef').slice(1, 5).slice(1, 3);
    expect(slice.text).toBe('cd');
    expect(spans(slice)).toEqual([
      [2, 3],
      [3, 4],
    ]);
  });

  it('edits a slice with the spans of that slice', () => {
    const edit = NormalizedString.of('abcdef').slice(2, 5).edit();
    edit.insert('>', 0);
    edit.copy(1, 3);
    const result = edit.finish();
    expect(result.text).toBe('>de');
    expect(spans(result)).toEqual([
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
  });

  it('grows when much is inserted', () => {
    const edit = NormalizedString.of('ab').edit();
    for (let i = 0; i < 100; i++) edit.insert('xyz', 1);
    const result = edit.finish();
    expect(result.length).toBe(300);
    expect([result.originalStart(299), result.originalEnd(299)]).toEqual([1, 2]);
  });

  it('gives nothing a place when there is nothing', () => {
    const edit = NormalizedString.of('').edit();
    edit.insert('x', 0);
    expect(spans(edit.finish())).toEqual([[0, 0]]);
  });
});

describe('transform', () => {
  it('replaces, inserts and removes', () => {
    const result = transform(NormalizedString.of('abcd'), [
      { char: 'A', change: 0 },
      { char: '+', change: 1 },
      { char: 'B', change: -1 },
      { char: 'd', change: 0 },
    ]);
    expect(result.text).toBe('A+Bd');
    expect(spans(result)).toEqual([
      [0, 1],
      [0, 1],
      [1, 2],
      [3, 4],
    ]);
  });

  it('gives an insertion before all text an empty span', () => {
    const result = transform(NormalizedString.of('ab').slice(1, 2), [
      { char: '+', change: 1 },
      { char: 'b', change: 0 },
    ]);
    expect(spans(result)).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });
});

describe('mapCharacters', () => {
  it('returns the same object when nothing changes', () => {
    const text = NormalizedString.of('same');
    expect(mapCharacters(text, (char) => char)).toBe(text);
  });

  it('removes and widens characters', () => {
    const result = mapCharacters(NormalizedString.of('a-😀b'), (char) => (char === '-' ? '' : char === '😀' ? '::' : char));
    expect(result.text).toBe('a::b');
    expect(spans(result)).toEqual([
      [0, 1],
      [2, 3],
      [2, 3],
      [3, 4],
    ]);
  });
});
