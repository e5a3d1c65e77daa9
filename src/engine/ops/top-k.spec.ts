import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, spread } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { topK } from './top-k.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('topK', () => {
  it.each([
    ['the last axis', [batch, 5], 2, -1],
    ['a symbolic axis', [2, seq], 3, 1],
    ['the first axis', [4, 2], 2, 0],
    ['one element', [batch, 1], 1, -1],
  ])('agrees on both executors, and its gradient reaches the chosen only: %s', async (_, shape, k, axis) => {
    await expectOp(executors(), {
      inputs: { x: { shape, data: spread }, like: { shape: [batch, seq], dtype: 'int32' } },
      build: ({ x }) => topK(x, k, axis),
      gradient: 'finite', // tfjs has no gradient of TopK
    });
  });

  it('puts the greatest first and, of equal ones, the first first', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 4], data: [1, 3, 3, 2, -1, -1, -1, -2] } },
      build: ({ x }) => topK(x, 2),
      expected: [
        [3, 3, -1, -1],
        [1, 2, 0, 1],
      ],
      gradient: 'none',
    });
  });

  it('orders infinities', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [4], data: [-Infinity, 1e30, Infinity, 0] } },
      build: ({ x }) => topK(x, 4),
      expected: [
        [Infinity, Math.fround(1e30), 0, -Infinity],
        [2, 1, 3, 0],
      ],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [values] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] } },
      build: ({ x }) => topK(x, 2),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(values?.shape).toEqual([0, 2]);
  });

  it('refuses more than there are', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 3]);
    expect(() => topK(x, 4)).toThrow('topK: k: expected an integer in [1, 3] for [batch, 3], got 4');
    expect(() => topK(x, 0)).toThrow('topK: k');
  });
});
