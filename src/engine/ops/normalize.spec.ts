import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { normalize } from './normalize.js';

const executors = useExecutors();
const batch = dim('batch');

describe('normalize', () => {
  it('gives both outputs on both executors, and the gradient through both', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, 2, 4], data: (size, random) => random.floats(size, -2, 2) } },
      build: ({ x }) => normalize(x, 1e-5),
      tolerance: 3e-5,
    });
  });

  it('has a gradient when only the inverse is used', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, 4] } },
      build: ({ x }) => normalize(x, 1e-3)[1],
      tolerance: 3e-5,
    });
  });

  it('equals its definition', async () => {
    const inverse = 1 / Math.sqrt(1.25);
    await expectOp(executors(), {
      inputs: { x: { shape: [1, 4], data: [1, 2, 3, 4] } },
      build: ({ x }) => normalize(x, 0),
      expected: [[-1.5 * inverse, -0.5 * inverse, 0.5 * inverse, 1.5 * inverse], [inverse]],
      gradient: 'none',
    });
  });

  it('of a constant row is zero', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [1, 3], data: [5, 5, 5] } },
      build: ({ x }) => normalize(x, 1e-4),
      expected: [[0, 0, 0], [100]],
      gradient: 'none',
    });
  });

  it('refuses a scalar', () => {
    expect(() => normalize(new Graph('g').input('x', 'float32', []), 1e-5)).toThrow(
      'normalize: x: expected at least 1 axes',
    );
  });
});
