import { describe, expect, it } from 'vitest';
import { IntPairMap } from './int-pair-map.js';

describe('IntPairMap', () => {
  it('has nothing at first', () => {
    expect(new IntPairMap().get(0, 0)).toBe(-1);
  });

  it('keeps pairs apart that differ in order only', () => {
    const map = new IntPairMap();
    map.set(1, 2, 10);
    map.set(2, 1, 20);
    expect([map.get(1, 2), map.get(2, 1), map.get(1, 1)]).toEqual([10, 20, -1]);
  });

  it('overwrites', () => {
    const map = new IntPairMap();
    map.set(3, 4, 1);
    map.set(3, 4, 2);
    expect(map.get(3, 4)).toBe(2);
  });

  it('keeps everything as it grows past its first size', () => {
    const map = new IntPairMap(2);
    for (let a = 0; a < 300; a++) for (let b = 0; b < 30; b++) map.set(a, b * 65_535, a * 30 + b);
    let wrong = 0;
    for (let a = 0; a < 300; a++) for (let b = 0; b < 30; b++) wrong += map.get(a, b * 65_535) === a * 30 + b ? 0 : 1;
    expect(wrong).toBe(0);
    expect(map.get(300, 0)).toBe(-1);
  });
});
