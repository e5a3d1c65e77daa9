import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { concat } from './concat.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('concat', () => {
  it.each([
    ['along a symbolic axis', [batch, 2, 2], [batch, seq, 2], 1],
    ['along the last axis', [batch, 2], [batch, 3], -1],
    ['along the first axis', [batch, 2], [seq, 2], 0],
  ])('joins two values, and cuts their gradients: %s', async (_, a, b, axis) => {
    await expectOp(executors(), {
      inputs: { a: { shape: a }, b: { shape: b } },
      build: ({ a, b }) => concat([a, b, a], axis),
    });
  });

  it('equals its definition, for integers too', async () => {
    await expectOp(executors(), {
      inputs: {
        a: { shape: [2, 1], dtype: 'int32', data: [1, 2] },
        b: { shape: [2, 2], dtype: 'int32', data: [3, 4, 5, 6] },
      },
      build: ({ a, b }) => concat([a, b], 1),
      expected: [[1, 3, 4, 2, 5, 6]],
      gradient: 'none',
    });
  });

  it('joins what is empty, and gives back a single value', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { a: { shape: [batch, 2] }, b: { shape: [1, 2], data: [8, 9] } },
      build: ({ a, b }) => concat([concat([a], 0), b], 0),
      sizes: { batch: 0 },
      expected: [[8, 9]],
      gradient: 'none',
    });
    expect(y?.shape).toEqual([1, 2]);
  });

  it('refuses values that differ in another axis or in dtype', () => {
    const graph = new Graph('g');
    const a = graph.input('a', 'float32', [batch, 2]);
    expect(() => concat([a, graph.input('b', 'float32', [batch, 3])], 0)).toThrow(
      'concat: values[1]: expected [batch, 2]',
    );
    expect(() => concat([a, graph.input('c', 'int32', [batch, 2])], 0)).toThrow(
      'values[1]: expected float32, got int32',
    );
    expect(() => concat([], 0)).toThrow('concat: values: expected one or more');
  });
});
