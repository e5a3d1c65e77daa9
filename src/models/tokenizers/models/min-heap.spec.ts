import { describe, expect, it } from 'vitest';
import { MinHeap } from './min-heap.js';

describe('MinHeap', () => {
  it('gives numbers in rising order, equal ones each', () => {
    const heap = new MinHeap();
    for (const item of [5, 1, 4, 1, 9, 0, 7, 5]) heap.push(item);
    const popped = Array.from({ length: 8 }, () => heap.pop());
    expect(popped).toEqual([0, 1, 1, 4, 5, 5, 7, 9]);
    expect(heap.pop()).toBeUndefined();
  });

  it('can be filled again between pops', () => {
    const heap = new MinHeap();
    heap.push(3);
    heap.push(1);
    expect(heap.pop()).toBe(1);
    heap.push(2);
    expect([heap.pop(), heap.pop(), heap.pop()]).toEqual([2, 3, undefined]);
  });
});
