import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { linear } from './linear.js';

const executors = useExecutors();

describe('linear', () => {
  it('is x · Wᵀ + b, with its gradients', async () => {
    await expectOp(executors(), {
      inputs: {
        x: { shape: [dim('batch'), 2], data: [1, 2, 3, 4] },
        w: { shape: [3, 2], data: [1, 0, 0, 1, 1, 1] },
        b: { shape: [3], data: [10, 20, 30] },
      },
      build: ({ x, w, b }) => [linear(x, w, b), linear(x, w)],
      expected: [
        [11, 22, 33, 13, 24, 37],
        [1, 2, 3, 3, 4, 7],
      ],
    });
  });

  it('refuses a weight of another width', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [dim('batch'), 3]);
    expect(() => linear(x, graph.input('w', 'float32', [3, 4]))).toThrow('b: expected 3 at the last axis');
  });
});
