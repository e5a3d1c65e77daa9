import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { cumsum } from './cumsum.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('cumsum', () => {
  it.each([
    ['the last axis', -1, {}],
    ['the first axis', 0, {}],
    ['from the end', 1, { reverse: true }],
    ['without the element itself', 1, { exclusive: true }],
    ['both', 1, { exclusive: true, reverse: true }],
  ])('agrees on both executors, and so does its gradient: %s', async (_, axis, options) => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq, 2] } },
      build: ({ x }) => cumsum(x, axis, options),
      gradient: axis === -1 ? 'both' : 'finite', // tfjs's does not undo its transposition for other axes
    });
  });

  it('gives the positions of the real tokens from a mask', async () => {
    await expectOp(executors(), {
      inputs: { mask: { shape: [2, 4], dtype: 'int32', data: [1, 1, 1, 0, 0, 1, 1, 0] } },
      build: ({ mask }) => cumsum(mask, 1),
      expected: [[1, 2, 3, 3, 0, 1, 2, 2]],
      gradient: 'none',
    });
  });

  it('spreads NaN to what follows only', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [4], data: [1, NaN, 1, Infinity] } },
      build: ({ x }) => cumsum(x, 0),
      expected: [[1, NaN, NaN, NaN]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 2] } },
      build: ({ x }) => cumsum(x, 1),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
  });

  it('refuses an axis out of range', () => {
    expect(() => cumsum(new Graph('g').input('x', 'float32', [2]), 1)).toThrow('cumsum: axis');
  });
});
