import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { square } from './square.js';

const executors = useExecutors();

describe('square', () => {
  it('equals x · x, and its gradient 2 · x', async () => {
    await expectOp(executors(), { inputs: { x: { shape: [dim('batch'), 2] } }, build: ({ x }) => square(x) });
  });

  it('meets infinite and missing numbers, overflow and underflow', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [6], data: [-3, 1e30, 1e-30, -Infinity, NaN, 0] } },
      build: ({ x }) => square(x),
      expected: [[9, Infinity, 0, Infinity, NaN, 0]],
      gradient: 'none',
    });
  });

  it('refuses a bool', () => {
    expect(() => square(new Graph('g').input('x', 'bool', [2]))).toThrow('expected float32');
  });
});
