import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, spread } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { reduceMean } from './reduce-mean.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('reduceMean', () => {
  it.each([
    ['the last axis', { axes: [-1] }],
    ['the first axis', { axes: [0], keepDims: true }],
    ['two axes', { axes: [0, 2] }],
    ['a symbolic axis', { axes: [1], keepDims: true }],
    ['all axes', {}],
  ])('agrees on both executors, and so does its gradient, over %s', async (_, options) => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq, 2], data: spread } },
      build: ({ x }) => reduceMean(x, options),
    });
  });

  it('equals its definition', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } },
      build: ({ x }) => [reduceMean(x, { axes: [1] }), reduceMean(x, { axes: [0] })],
      expected: [
        [2, 5],
        [2.5, 3.5, 4.5],
      ],
    });
  });

  it('leaves x alone without axes, and takes one element as it is', async () => {
    const [same, one] = await expectOp(executors(), {
      inputs: { x: { shape: [2], data: [1, 2] }, one: { shape: [1], data: [7] } },
      build: ({ x, one }) => [reduceMean(x, { axes: [] }), reduceMean(one)],
      expected: [[1, 2], [7]],
    });
    expect([same?.shape, one?.shape]).toEqual([[2], []]);
  });

  it('spreads NaN and infinity', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 2], data: [1, NaN, 1, Infinity] } },
      build: ({ x }) => reduceMean(x, { axes: [1] }),
      expected: [[NaN, Infinity]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq] } },
      build: ({ x }) => reduceMean(x, { axes: [1] }),
      sizes: { batch: 0, seq: 3 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0]);
  });

  it('of an empty axis is 0', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, batch] } },
      build: ({ x }) => reduceMean(x, { axes: [1] }),
      sizes: { batch: 0 },
      expected: [[0, 0]],
      gradient: 'none',
    });
  });

  it('refuses axes that are out of range or named twice', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => reduceMean(x, { axes: [2] })).toThrow('reduceMean: axis: expected an integer in [-2, 2)');
    expect(() => reduceMean(x, { axes: [1, -1] })).toThrow('reduceMean: axes: expected distinct axes');
  });
});
