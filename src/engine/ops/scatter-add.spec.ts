import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { scatterAdd } from './scatter-add.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('scatterAdd', () => {
  it('adds rows up, and its gradient gathers', async () => {
    await expectOp(executors(), {
      inputs: {
        indices: { shape: [3], dtype: 'int32', data: [2, 0, 2] },
        updates: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
      },
      build: ({ indices, updates }) => scatterAdd(4, indices, updates),
      expected: [[3, 4, 0, 0, 6, 8, 0, 0]],
      gradient: 'finite', // tfjs has no gradient of ScatterND
    });
  });

  it('takes indices of several axes', async () => {
    await expectOp(executors(), {
      inputs: { indices: { shape: [batch, seq], dtype: 'int32' }, updates: { shape: [batch, seq, 2, 2] } },
      build: ({ indices, updates }) => scatterAdd(3, indices, updates),
      gradient: 'finite',
    });
  });

  it('of no update is zeros', async () => {
    await expectOp(executors(), {
      inputs: { indices: { shape: [batch], dtype: 'int32' }, updates: { shape: [batch, 2] } },
      build: ({ indices, updates }) => scatterAdd(2, indices, updates),
      sizes: { batch: 0 },
      expected: [[0, 0, 0, 0]],
      gradient: 'none',
    });
  });

  it('refuses updates that do not begin with the shape of the indices', () => {
    const graph = new Graph('g');
    const [indices, updates] = [graph.input('i', 'int32', [batch]), graph.input('u', 'float32', [seq, 2])];
    expect(() => scatterAdd(4, indices, updates)).toThrow('scatterAdd: updates: expected [batch] first, got [seq, 2]');
  });
});
