import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, spread } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { broadcastTo, reduceSum, sumTo } from './reduce-sum.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('reduceSum', () => {
  it.each([
    ['the last axis', { axes: [-1] }],
    ['the first axis', { axes: [0], keepDims: true }],
    ['two axes', { axes: [0, 2] }],
    ['a symbolic axis', { axes: [1], keepDims: true }],
    ['all axes', {}],
  ])('agrees on both executors, and so does its gradient, over %s', async (_, options) => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq, 2], data: spread } },
      build: ({ x }) => reduceSum(x, options),
    });
  });

  it('equals its definition', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } },
      build: ({ x }) => [reduceSum(x, { axes: [1] }), reduceSum(x, { axes: [0] })],
      expected: [
        [6, 15],
        [5, 7, 9],
      ],
    });
  });

  it('leaves x alone without axes, and takes one element as it is', async () => {
    const [same, one] = await expectOp(executors(), {
      inputs: { x: { shape: [2], data: [1, 2] }, one: { shape: [1], data: [7] } },
      build: ({ x, one }) => [reduceSum(x, { axes: [] }), reduceSum(one)],
      expected: [[1, 2], [7]],
    });
    expect([same?.shape, one?.shape]).toEqual([[2], []]);
  });

  it('spreads NaN and infinity', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 2], data: [1, NaN, 1, Infinity] } },
      build: ({ x }) => reduceSum(x, { axes: [1] }),
      expected: [[NaN, Infinity]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq] } },
      build: ({ x }) => reduceSum(x, { axes: [1] }),
      sizes: { batch: 0, seq: 3 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0]);
  });

  it('of an empty axis is 0, and int32 is summed as it is', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, batch] }, i: { shape: [3], dtype: 'int32', data: [2147483000, 600, -5] } },
      build: ({ x, i }) => [reduceSum(x, { axes: [1] }), reduceSum(i)],
      sizes: { batch: 0 },
      expected: [[0, 0], [2147483595]],
      gradient: 'none',
    });
  });

  it('refuses axes that are out of range or named twice', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => reduceSum(x, { axes: [2] })).toThrow('reduceSum: axis: expected an integer in [-2, 2)');
    expect(() => reduceSum(x, { axes: [1, -1] })).toThrow('reduceSum: axes: expected distinct axes');
  });
});

describe('broadcastTo', () => {
  it.each([
    ['a row', [2], [batch, seq, 2]],
    ['a column', [batch, 1, 1], [batch, seq, 2]],
    ['a scalar', [], [batch, 2]],
    ['one more axis of 1', [batch, 2], [1, batch, 2]],
  ])('stretches %s, and its gradient sums what was stretched', async (_, from, to) => {
    await expectOp(executors(), {
      inputs: { x: { shape: from }, like: { shape: [batch, seq], dtype: 'int32' } }, // gives the sizes their values
      build: ({ x }) => broadcastTo(x, to),
    });
  });

  it('to an empty batch is empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [2] }, rows: { shape: [batch, 1] } },
      build: ({ x }) => broadcastTo(x, [batch, 2]),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
  });

  it('refuses a shape that x does not stretch to', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => broadcastTo(x, [batch, 3])).toThrow('broadcastTo');
    expect(() => broadcastTo(x, [2])).toThrow('broadcastTo: shape: expected one that [batch, 2] stretches to');
  });
});

describe('sumTo', () => {
  it('sums the stretched axes only', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } },
      build: ({ x }) => [sumTo(x, [3]), sumTo(x, [2, 1]), sumTo(x, []), sumTo(x, [2, 3])],
      expected: [[5, 7, 9], [6, 15], [21], [1, 2, 3, 4, 5, 6]],
    });
  });
});
