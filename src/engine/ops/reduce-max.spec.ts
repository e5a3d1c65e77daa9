import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, makeTensor, spread } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { gradients } from '../gradient.js';
import { Graph } from '../graph.js';
import { nth } from '../op.js';
import { reduceMax } from './reduce-max.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('reduceMax', () => {
  it.each([
    ['the last axis', { axes: [-1] }],
    ['the first axis', { axes: [0], keepDims: true }],
    ['two axes', { axes: [0, 2] }],
    ['a symbolic axis', { axes: [1], keepDims: true }],
    ['all axes', {}],
  ])('agrees on both executors, and so does its gradient, over %s', async (_, options) => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq, 2], data: spread } },
      build: ({ x }) => reduceMax(x, options),
    });
  });

  it('equals its definition', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } },
      build: ({ x }) => [reduceMax(x, { axes: [1] }), reduceMax(x, { axes: [0] })],
      expected: [
        [3, 6],
        [4, 5, 6],
      ],
    });
  });

  it('leaves x alone without axes, and takes one element as it is', async () => {
    const [same, one] = await expectOp(executors(), {
      inputs: { x: { shape: [2], data: [1, 2] }, one: { shape: [1], data: [7] } },
      build: ({ x, one }) => [reduceMax(x, { axes: [] }), reduceMax(one)],
      expected: [[1, 2], [7]],
    });
    expect([same?.shape, one?.shape]).toEqual([[2], []]);
  });

  it('finds infinities, and the bottom of an empty axis', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 2], data: [1, Infinity, -Infinity, -Infinity] }, empty: { shape: [2, batch] } },
      build: ({ x, empty }) => [reduceMax(x, { axes: [1] }), reduceMax(empty, { axes: [1] })],
      sizes: { batch: 0 },
      expected: [
        [Infinity, -Infinity],
        [-Infinity, -Infinity],
      ],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq] } },
      build: ({ x }) => reduceMax(x, { axes: [1] }),
      sizes: { batch: 0, seq: 3 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0]);
  });

  it('shares the gradient between equal greatest elements', async () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [4]);
    graph.output('dx', nth(gradients(reduceMax(x), [x]), 0));
    const program = await executors().onnx.compile(graph);
    const { dx } = await program.run({ x: makeTensor('float32', [4], [1, 3, 3, 2]) });
    expect([...(dx?.data ?? [])]).toEqual([0, 0.5, 0.5, 0]);
  });

  it('works on int32', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [3], dtype: 'int32', data: [-5, -2, -9] } },
      build: ({ x }) => reduceMax(x),
      expected: [[-2]],
      gradient: 'none',
    });
  });

  it('refuses axes that are out of range or named twice', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => reduceMax(x, { axes: [2] })).toThrow('reduceMax: axis: expected an integer in [-2, 2)');
    expect(() => reduceMax(x, { axes: [1, -1] })).toThrow('reduceMax: axes: expected distinct axes');
  });
});
