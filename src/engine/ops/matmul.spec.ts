import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { matmul } from './matmul.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('matmul', () => {
  it.each([
    ['two matrices', [3, 2], [2, 4], {}],
    ['rows times a weight', [batch, seq, 2], [2, 4], {}],
    ['rows times a transposed weight', [batch, seq, 2], [4, 2], { transposeB: true }],
    ['a batch of products', [batch, 3, 2], [batch, 2, 2], {}],
    ['queries times keys', [batch, 2, seq, 2], [batch, 2, seq, 2], { transposeB: true }],
    ['a transposed left', [batch, 2, seq], [batch, 2, 3], { transposeA: true }],
    ['both transposed', [batch, 2, seq], [3, 2], { transposeA: true, transposeB: true }],
    ['a batch on the left only', [batch, 3, 2], [1, 2, 2], {}],
    ['a batch on the right only', [3, 2], [batch, 2, 2], {}],
    ['leading axes stretched on both sides', [batch, 1, 2, 2], [3, 2, 2], {}],
    ['four axes times a weight', [batch, 2, seq, 2], [2, 3], {}],
    ['inner size of one', [batch, seq, 1], [1, 3], {}],
  ])('agrees on both executors, and so does its gradient: %s', async (_, a, b, options) => {
    await expectOp(executors(), {
      inputs: { a: { shape: a }, b: { shape: b } },
      build: ({ a, b }) => matmul(a, b, options),
    });
  });

  it('equals the product by hand', async () => {
    await expectOp(executors(), {
      inputs: { a: { shape: [2, 2], data: [1, 2, 3, 4] }, b: { shape: [2, 2], data: [5, 6, 7, 8] } },
      build: ({ a, b }) => [matmul(a, b), matmul(a, b, { transposeB: true }), matmul(a, b, { transposeA: true })],
      expected: [
        [19, 22, 43, 50],
        [17, 23, 39, 53],
        [26, 30, 38, 44],
      ],
    });
  });

  it('keeps an empty batch empty, and an empty inner axis gives zeros', async () => {
    const [rows, zeros] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3, 2] }, w: { shape: [2, 4] }, a: { shape: [2, batch] }, b: { shape: [batch, 3] } },
      build: ({ x, w, a, b }) => [matmul(x, w), matmul(a, b)],
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(rows?.shape).toEqual([0, 3, 4]);
    expect([...(zeros?.data ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('keeps NaN and infinity inside their row', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [3, 2], data: [NaN, 1, 2, 3, Infinity, 1] }, w: { shape: [2, 2], data: [1, 2, 3, 4] } },
      build: ({ x, w }) => matmul(x, w),
      gradient: 'none',
    });
    expect([...(y?.data ?? [])]).toEqual([NaN, NaN, 11, 16, Infinity, Infinity]);
  });

  it('overflows to infinity', async () => {
    await expectOp(executors(), {
      inputs: { a: { shape: [1, 1], data: [1e30] }, b: { shape: [1, 1], data: [1e30] } },
      build: ({ a, b }) => matmul(a, b),
      expected: [[Infinity]],
      gradient: 'none',
    });
  });

  it('refuses sizes that do not meet, by the name of the operand', () => {
    const graph = new Graph('g');
    const a = graph.input('a', 'float32', [batch, seq, 3]);
    expect(() => matmul(a, graph.input('b', 'float32', [4, 3]))).toThrow(
      'matmul: b: expected 3 at the last but one axis',
    );
    expect(() => matmul(a, graph.input('c', 'float32', [seq, 3, 3]))).toThrow('broadcasts');
    expect(() => matmul(a, graph.input('d', 'float32', [3]))).toThrow('b: expected at least 2 axes');
    expect(() => matmul(a, graph.input('e', 'int32', [3, 3]))).toThrow('b: expected float32, got int32');
  });
});
