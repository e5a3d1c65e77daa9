import { describe, expect, it } from 'vitest';
import { tensor } from '../../engine/tensor.js';
import { enlarged, enlargedSince } from './enlarge.js';

const floats = (shape: readonly number[], ...values: number[]) => tensor('float32', shape, Float32Array.from(values));

describe('enlarged', () => {
  it('keeps what was there at the beginning of each axis, and the start elsewhere', () => {
    const old = new Map([
      ['a', floats([1, 2], 1, 2)],
      ['b', floats([2, 1], 3, 4)],
    ]);
    const start = new Map([
      ['a', floats([2, 2], 0, 0, 7, 8)],
      ['b', floats([2, 2], 0, 0, 0, 0)],
      ['c', floats([1], 9)],
    ]);
    expect([...enlarged(old, start)].map(([name, { data }]) => [name, [...data]])).toEqual([
      ['a', [1, 2, 7, 8]],
      ['b', [3, 0, 4, 0]],
      ['c', [9]],
    ]);
    expect([...start.get('a')!.data]).toEqual([0, 0, 7, 8]);
  });

  it('refuses a structure that lacks what was there', () => {
    expect(() => enlarged(new Map([['a', floats([1], 1)]]), new Map())).toThrow(/every parameter.*a$/);
  });
});

describe('enlargedSince', () => {
  it('counts each part from its own first step, over several changes', () => {
    const first = enlargedSince({ shape: [2, 3], before: 0 }, [4, 3], 10);
    expect(first).toEqual(floats([4, 1], 0, 0, 10, 10));
    expect(enlargedSince({ shape: [4, 3], before: first }, [6, 3], 20)).toEqual(floats([6, 1], 0, 0, 10, 10, 20, 20));
    expect(enlargedSince({ shape: [3, 2], before: 5 }, [3, 4], 9)).toEqual(floats([1, 4], 5, 5, 9, 9));
  });

  it('leaves what has not changed', () => {
    expect(enlargedSince({ shape: [2, 3], before: 4 }, [2, 3], 10)).toBe(4);
  });

  it('refuses a change along two axes', () => {
    expect(() => enlargedSince({ shape: [2, 3], before: 0 }, [4, 4], 1)).toThrow(/along one axis/);
  });
});
