import { describe, expect, it } from 'vitest';
import { codePointSlicer, countCodePoints } from './code-points.js';

const text = 'a🙂b\ud83d é👩‍👧\udc00';

describe('code points', () => {
  it('are counted as an iteration of the text does it', () => {
    expect(countCodePoints(text)).toBe(Array.from(text).length);
    expect(countCodePoints(text, 3)).toBe(2);
    expect(countCodePoints('')).toBe(0);
  });

  it('cut stretches in any order, and none past the end', () => {
    const points = Array.from(text);
    const slice = codePointSlicer(text);
    for (const [start, end] of [
      [0, 2],
      [1, 3],
      [2, 2],
      [5, 9],
      [0, 1],
      [3, 99],
      [50, 60],
    ] as const) {
      expect(slice(start, end)).toBe(points.slice(start, end).join(''));
    }
  });
});
