import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { logSoftmax } from './log-softmax.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('logSoftmax', () => {
  it.each([-1, 0, 1])('agrees on both executors, and so does its gradient, along axis %i', async (axis) => {
    await expectOp(executors(), { inputs: { x: { shape: [batch, seq, 4] } }, build: ({ x }) => logSoftmax(x, axis) });
  });

  it('sums to one over its axis', async () => {
    const [out] = await expectOp(executors(), {
      inputs: { x: { shape: [1, 50], data: (size, random) => random.floats(size, -20, 20) } },
      build: ({ x }) => logSoftmax(x),
      gradient: 'none',
    });
    const y = [...(out?.data ?? [])];
    expect(y.reduce((sum, p) => sum + Math.exp(p), 0)).toBeCloseTo(1, 5);
  });

  it('does not overflow, and gives NaN only for a row that holds NaN or nothing but -∞', async () => {
    const rows = [1e30, 1e30, -Infinity, 0, 1e5, 0, -1e30, -1e30, NaN, 1, -Infinity, -Infinity];
    await expectOp(executors(), {
      inputs: { x: { shape: [6, 2], data: rows } },
      build: ({ x }) => logSoftmax(x),
      expected: [[-Math.LN2, -Math.LN2, -Infinity, 0, 0, -1e5, -Math.LN2, -Math.LN2, NaN, NaN, NaN, NaN]],
      gradient: 'none',
    });
  });

  it('of a row of padding only, masked by a large finite number, is uniform', async () => {
    const [out] = await expectOp(executors(), {
      inputs: { x: { shape: [1, 4], data: [-1e9, -1e9, -1e9, -1e9] } },
      build: ({ x }) => logSoftmax(x),
      gradient: 'none',
    });
    expect(new Set(out?.data).size).toBe(1);
  });

  it('keeps an empty batch empty, and one element gives its whole', async () => {
    const [rows, one] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq] }, one: { shape: [1], data: [7] } },
      build: ({ x, one }) => [logSoftmax(x), logSoftmax(one)],
      sizes: { batch: 0, seq: 3 },
      gradient: 'none',
    });
    expect(rows?.shape).toEqual([0, 3]);
    expect(one?.data[0]).toBe(0);
  });

  it('refuses an axis out of range and integers', () => {
    const graph = new Graph('g');
    expect(() => logSoftmax(graph.input('x', 'float32', [2, 2]), 2)).toThrow(
      'logSoftmax: axis: expected an integer in [-2, 2)',
    );
    expect(() => logSoftmax(graph.input('y', 'int32', [2, 2]))).toThrow('x: expected float32');
  });
});
