import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, makeTensor } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { gather } from './gather.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('gather', () => {
  it.each([
    ['rows of a table', [3, 2], [batch, seq], 0],
    ['with repeats, one row', [3, 2], [4], 0],
    ['by a scalar', [3, 2], [], 0],
    ['along the last axis', [batch, 3], [2], -1],
    ['along a middle axis', [batch, 3, 2], [seq], 1],
    ['pages of a pool', [3, 2, 2], [batch, 2], 0],
  ])('picks parts, and adds their gradients up: %s', async (_, shape, indices, axis) => {
    await expectOp(executors(), {
      inputs: { x: { shape }, indices: { shape: indices, dtype: 'int32' } },
      build: ({ x, indices }) => gather(x, indices, axis),
    });
  });

  it('equals its definition', async () => {
    await expectOp(executors(), {
      inputs: {
        table: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
        ids: { shape: [2, 2], dtype: 'int32', data: [2, 0, 1, 2] },
        counts: { shape: [3], dtype: 'int32', data: [10, 20, 30] },
      },
      build: ({ table, ids, counts }) => [gather(table, ids), gather(counts, ids)],
      expected: [
        [5, 6, 1, 2, 3, 4, 5, 6],
        [30, 10, 20, 30],
      ],
      gradient: 'none',
    });
  });

  it('of no index is empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [3, 2] }, indices: { shape: [batch], dtype: 'int32' } },
      build: ({ x, indices }) => gather(x, indices),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
  });

  it('keeps NaN in the rows that hold it', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2], data: [NaN, 1] }, indices: { shape: [3], dtype: 'int32', data: [1, 0, 1] } },
      build: ({ x, indices }) => gather(x, indices),
      expected: [[1, NaN, 1]],
      gradient: 'none',
    });
  });

  it('fails on ONNX Runtime when an index is out of range', async () => {
    const graph = new Graph('g');
    graph.output('y', gather(graph.input('x', 'float32', [2]), graph.input('i', 'int32', [1])));
    const program = await executors().onnx.compile(graph);
    const feeds = { x: makeTensor('float32', [2], [1, 2]), i: makeTensor('int32', [1], [5]) };
    await expect(program.run(feeds)).rejects.toThrow('indices element out of data bounds');
  });

  it('refuses indices that are no integers', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [2]);
    expect(() => gather(x, x)).toThrow('gather: indices: expected int32, got float32');
  });
});
