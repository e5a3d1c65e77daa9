import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { not } from './not.js';

const executors = useExecutors();

describe('not', () => {
  it('turns 0 to 1 and 1 to 0', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2], dtype: 'bool', data: [0, 1] } },
      build: ({ x }) => not(x),
      expected: [[1, 0]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [dim('batch')], dtype: 'bool' } },
      build: ({ x }) => not(x),
      sizes: { batch: 0 },
      expected: [[]],
      gradient: 'none',
    });
  });

  it('refuses numbers', () => {
    expect(() => not(new Graph('g').input('x', 'float32', [2]))).toThrow('x: expected bool, got float32');
  });
});
