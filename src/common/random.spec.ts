import { describe, expect, it } from 'vitest';
import { Random } from './random.js';

describe('Random', () => {
  it('gives the numbers of xoshiro128**', () => {
    // Of the reference C code, with the state 1, 2, 3, 4.
    const random = Random.from([1, 2, 3, 4]);
    expect([random.next(), random.next(), random.next(), random.next()]).toEqual([11520, 0, 5927040, 70819200]);
  });

  it('gives each name a stream of its own, and the same name the same one', () => {
    const first = (...path: (string | number)[]) => Random.stream(7, ...path).next();
    expect(first('order', 1)).toBe(first('order', 1));
    expect(
      new Set([first('order', 1), first('order', 2), first('mask', 1), Random.stream(8, 'order', 1).next()]).size,
    ).toBe(4);
  });

  it('goes on from its state', () => {
    const random = Random.stream(1, 'x');
    random.normal();
    const copy = Random.from(random.state);
    expect(copy.uniforms(5, 1)).toEqual(random.uniforms(5, 1));
  });

  it('draws within bounds, evenly, and normally', () => {
    const random = Random.stream(3, 'moments');
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < 5000; i++) counts[random.below(5)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
    const normals = random.normals(20000, 2);
    const mean = normals.reduce((a, b) => a + b, 0) / normals.length;
    const variance = normals.reduce((a, b) => a + (b - mean) ** 2, 0) / normals.length;
    expect(Math.abs(mean)).toBeLessThan(0.06);
    expect(Math.abs(variance - 4)).toBeLessThan(0.2);
    expect(Math.max(...random.uniforms(1000, 0.5).map(Math.abs))).toBeLessThanOrEqual(0.5);
  });

  it('puts every number once into a permutation', () => {
    expect(
      Random.stream(1, 'p')
        .permutation(50)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(Random.stream(1, 'p').permutation(0)).toEqual([]);
  });
});
