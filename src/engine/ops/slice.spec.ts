import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { addDims, dim } from '../dim.js';
import { Graph } from '../graph.js';
import { pad, slice } from './slice.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('slice', () => {
  it.each([
    ['the first token', { starts: [0], ends: [1], axes: [1] }],
    ['from the end', { starts: [-2], ends: [addDims(seq, 0)], axes: [1] }],
    ['all but the last token', { starts: [0], ends: [-1], axes: [1] }],
    ['two axes', { starts: [1, 1], ends: [2, 3], axes: [0, 2] }],
    ['the first axes', { starts: [0, 1], ends: [1, 2] }],
    ['a block of nothing', { starts: [1], ends: [1], axes: [1] }],
  ])('cuts out a block, and pads its gradient: %s', async (_, options) => {
    await expectOp(executors(), { inputs: { x: { shape: [batch, seq, 3] } }, build: ({ x }) => slice(x, options) });
  });

  it('takes symbolic bounds: the tokens behind a prefix', async () => {
    const past = dim('past');
    await expectOp(executors(), {
      inputs: { x: { shape: [addDims(past, seq), 2] }, like: { shape: [past], dtype: 'int32' } },
      build: ({ x }) => slice(x, { starts: [past], ends: [addDims(past, seq)] }),
      sizes: { past: 2, seq: 3 },
    });
  });

  it('equals its definition', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3], dtype: 'int32', data: [1, 2, 3, 4, 5, 6] } },
      build: ({ x }) => slice(x, { starts: [1], ends: [3], axes: [1] }),
      expected: [[2, 3, 5, 6]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty, and gives back x itself for the whole', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] } },
      build: ({ x }) => slice(x, { starts: [1], ends: [3], axes: [1] }),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(slice(x, { starts: [0], ends: [2], axes: [1] })).toBe(x);
  });

  it('refuses bounds out of range', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => slice(x, { starts: [0], ends: [3], axes: [1] })).toThrow('slice: starts, ends: expected 0 ≤ start');
    expect(() => slice(x, { starts: [2], ends: [1], axes: [1] })).toThrow('got [2, 1)');
    expect(() => slice(x, { starts: [0, 0], ends: [1] })).toThrow('slice: ends: expected 2 starts and ends');
  });
});

describe('pad', () => {
  it('puts zeros around, and cuts its gradient', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, 2] }, like: { shape: [seq], dtype: 'int32' } },
      build: ({ x }) => [pad(x, { before: [0, 1], after: [1, 0] }), pad(x, { before: [seq, 0], after: [0, 0] })],
    });
  });

  it('equals its definition', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [1, 2], data: [7, 8] } },
      build: ({ x }) => pad(x, { before: [0, 1], after: [1, 0] }),
      expected: [[0, 7, 8, 0, 0, 0]],
    });
  });

  it('refuses negative sizes', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => pad(x, { before: [0, -1], after: [0, 0] })).toThrow(
      'pad: before, after: expected a size for each axis',
    );
  });
});
