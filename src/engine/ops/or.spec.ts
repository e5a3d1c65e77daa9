import { dim } from '../dim.js';
import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { Graph } from '../graph.js';
import { or } from './or.js';

const executors = useExecutors();

describe('or', () => {
  it('holds where one or both hold, with broadcasting', async () => {
    const [y] = await expectOp(executors(), {
      inputs: {
        a: { shape: [2, 1], dtype: 'bool', data: [0, 1] },
        b: { shape: [2], dtype: 'bool', data: [0, 1] },
      },
      build: ({ a, b }) => or(a, b),
      expected: [[0, 1, 1, 1]],
      gradient: 'none',
    });
    expect(y).toMatchObject({ dtype: 'bool', shape: [2, 2] });
  });

  it('keeps an empty batch empty', async () => {
    await expectOp(executors(), {
      inputs: { a: { shape: [dim('batch'), 2], dtype: 'bool' }, b: { shape: [2], dtype: 'bool' } },
      build: ({ a, b }) => or(a, b),
      sizes: { batch: 0 },
      expected: [[]],
      gradient: 'none',
    });
  });

  it('refuses numbers', () => {
    const graph = new Graph('g');
    expect(() => or(graph.input('a', 'int32', [2]), graph.input('b', 'int32', [2]))).toThrow('a: expected bool');
  });
});
