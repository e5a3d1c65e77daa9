import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, spread } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { argMax } from './arg-max.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('argMax', () => {
  it.each([-1, 0, 1])('agrees on both executors along axis %i', async (axis) => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq, 2], data: spread } },
      build: ({ x }) => argMax(x, axis),
      gradient: 'none',
    });
  });

  it('names the first of equal greatest elements, as int32', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [3, 3], data: [1, 3, 3, -2, -1, -Infinity, 5, 5, 5] } },
      build: ({ x }) => argMax(x),
      expected: [[1, 1, 0]],
      gradient: 'none',
    });
    expect(y).toMatchObject({ dtype: 'int32', shape: [3] });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] } },
      build: ({ x }) => argMax(x),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0]);
  });

  it('refuses bools', () => {
    expect(() => argMax(new Graph('g').input('x', 'bool', [2]))).toThrow('argMax: x: expected float32 or int32');
  });
});
