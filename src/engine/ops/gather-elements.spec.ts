import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { gatherElements, scatterElementsAdd } from './gather-elements.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('gatherElements', () => {
  it.each([
    ['the last axis', [batch, 3], [batch, seq], 1],
    ['the first axis', [3, batch], [2, batch], 0],
    ['a middle axis', [batch, 3, 2], [batch, 4, 2], 1],
  ])('picks elements, and adds their gradients up: %s', async (_, shape, indices, axis) => {
    await expectOp(executors(), {
      inputs: { x: { shape }, indices: { shape: indices, dtype: 'int32' } },
      build: ({ x, indices }) => gatherElements(x, indices, axis),
    });
  });

  it('equals its definition: the score of each row’s label', async () => {
    await expectOp(executors(), {
      inputs: {
        scores: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
        labels: { shape: [2, 1], dtype: 'int32', data: [2, 0] },
      },
      build: ({ scores, labels }) => gatherElements(scores, labels, 1),
      expected: [[3, 4]],
    });
  });

  it('of no index is empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] }, indices: { shape: [batch, 2], dtype: 'int32' } },
      build: ({ x, indices }) => gatherElements(x, indices, 1),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
  });

  it('refuses indices of another shape', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch, 3]);
    const indices = graph.input('i', 'int32', [seq, 1]);
    expect(() => gatherElements(x, indices, 1)).toThrow('gatherElements: indices: expected [batch, 3] but for axis 1');
  });
});

describe('scatterElementsAdd', () => {
  it('adds updates of one place up, and its gradient picks', async () => {
    await expectOp(executors(), {
      inputs: {
        indices: { shape: [2, 3], dtype: 'int32', data: [0, 0, 2, 1, 1, 1] },
        updates: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
      },
      build: ({ indices, updates }) => scatterElementsAdd(4, indices, updates, 1),
      expected: [[3, 0, 3, 0, 0, 15, 0, 0]],
      gradient: 'finite', // tfjs has no gradient of ScatterND
    });
  });

  it('takes a symbolic size', async () => {
    await expectOp(executors(), {
      inputs: {
        like: { shape: [batch], dtype: 'int32' },
        indices: { shape: [3], dtype: 'int32' },
        updates: { shape: [3] },
      },
      build: ({ indices, updates }) => scatterElementsAdd(batch, indices, updates, 0),
      sizes: { batch: 4 },
      gradient: 'finite',
    });
  });

  it('refuses updates of another shape than their indices', () => {
    const graph = new Graph('g');
    const [indices, updates] = [graph.input('i', 'int32', [2]), graph.input('u', 'float32', [3])];
    expect(() => scatterElementsAdd(4, indices, updates, 0)).toThrow(
      'scatterElementsAdd: updates: expected [2], got [3]',
    );
  });
});
