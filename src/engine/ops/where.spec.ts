import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { where } from './where.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('where', () => {
  it.each([
    ['equal shapes', [batch, seq], [batch, seq], [batch, seq]],
    ['a mask for each row', [batch, 1], [batch, seq], [batch, seq]],
    ['a scalar beside a tensor', [batch, seq], [], [seq]],
    ['all stretched', [batch, 1], [seq], [2, 1, 1]],
  ])('chooses element by element, and so does its gradient: %s', async (_, c, a, b) => {
    await expectOp(executors(), {
      inputs: { c: { shape: c, dtype: 'bool' }, a: { shape: a }, b: { shape: b } },
      build: ({ c, a, b }) => where(c, a, b),
    });
  });

  it('lets nothing through from what is not chosen', async () => {
    await expectOp(executors(), {
      inputs: {
        c: { shape: [4], dtype: 'bool', data: [1, 0, 1, 0] },
        a: { shape: [4], data: [1, NaN, Infinity, Infinity] },
        b: { shape: [4], data: [NaN, 2, NaN, NaN] },
      },
      build: ({ c, a, b }) => where(c, a, b),
      expected: [[1, 2, Infinity, NaN]],
      gradient: 'none',
    });
  });

  it('takes numbers and integers', async () => {
    await expectOp(executors(), {
      inputs: { c: { shape: [2], dtype: 'bool', data: [1, 0] }, i: { shape: [2], dtype: 'int32', data: [7, 8] } },
      build: ({ c, i }) => [where(c, 1.5, -1), where(c, i, 0), where(c, 0, i)],
      expected: [
        [1.5, -1],
        [7, 0],
        [0, 8],
      ],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { c: { shape: [batch, 2], dtype: 'bool' }, a: { shape: [2] } },
      build: ({ c, a }) => where(c, a, 0),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
  });

  it('refuses a condition that is no bool, and branches of two dtypes', () => {
    const graph = new Graph('g');
    const [x, i] = [graph.input('x', 'float32', [2]), graph.input('i', 'int32', [2])];
    expect(() => where(x, x, x)).toThrow('where: condition: expected bool, got float32');
    expect(() => where(graph.input('c', 'bool', [2]), x, i)).toThrow('where: b: expected float32, got int32');
  });
});
