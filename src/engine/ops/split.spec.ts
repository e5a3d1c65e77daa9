import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { addDims, dim } from '../dim.js';
import { Graph } from '../graph.js';
import { split } from './split.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('split', () => {
  it('cuts an axis into parts, and joins their gradients', async () => {
    const parts = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 6] } },
      build: ({ x }) => split(x, [1, 2, 3], -1),
    });
    expect(parts.map(({ shape }) => shape)).toEqual([
      [2, 1],
      [2, 2],
      [2, 3],
    ]);
  });

  it('cuts a symbolic axis', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [addDims(seq, 2), 2] } },
      build: ({ x }) => split(x, [2, seq], 0),
    });
  });

  it('refuses sizes that do not add up', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 6]);
    expect(() => split(x, [2, 2], 1)).toThrow('split: sizes: expected a sum of 6, got [2, 2]');
  });
});
