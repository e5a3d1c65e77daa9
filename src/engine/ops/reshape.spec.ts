import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { addDims, dim, mulDims } from '../dim.js';
import { Graph } from '../graph.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];
const tokens = mulDims(batch, seq);

describe('reshape', () => {
  it.each([
    ['heads', [batch, seq, 4], [batch, seq, 2, 2]],
    ['rows of tokens', [batch, seq, 2], [tokens, 2]],
    ['tokens of rows', [tokens, 2], [batch, seq, 2]],
    ['a free axis', [batch, seq, 2], [batch, -1]],
    ['axes of one put in', [batch, seq], [batch, 1, 1, seq]],
    ['axes of one taken out', [batch, 1, seq, 1], [batch, seq]],
    ['symbols swapped', [batch, seq], [seq, batch]],
    ['all in one', [batch, seq, 2], [mulDims(tokens, 2)]],
    ['numbers only', [2, 6], [3, 4]],
    ['a scalar', [1, 1], []],
  ])('keeps the elements in order, and so does its gradient: %s', async (_, from, to) => {
    const inputs = { x: { shape: from }, like: { shape: [batch, seq], dtype: 'int32' as const } };
    const [x, y] = await expectOp(executors(), { inputs, build: ({ x }) => [x, reshape(x, to)] });
    expect([...(y?.data ?? [])]).toEqual([...(x?.data ?? [])]);
  });

  it.each([
    ['no rows', { batch: 0, seq: 3 }],
    ['rows of nothing', { batch: 2, seq: 0 }],
  ])('works on an empty batch: %s', async (_, sizes) => {
    const outputs = await expectOp(executors(), {
      inputs: { x: { shape: [batch, seq, 4] } },
      build: ({ x }) => [reshape(x, [batch, seq, 2, 2]), reshape(x, [tokens, 4]), reshape(x, [batch, 1, seq, 4])],
      sizes,
      gradient: 'none',
    });
    const [b, s] = [sizes.batch, sizes.seq];
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [b, s, 2, 2],
      [0, 4],
      [b, 1, s, 4],
    ]);
  });

  it('carries every dtype', async () => {
    await expectOp(executors(), {
      inputs: {
        i: { shape: [2, 2], dtype: 'int32' },
        b: { shape: [2, 2], dtype: 'bool' },
        q: { shape: [4], dtype: 'int8' },
      },
      build: ({ i, b, q }) => [reshape(i, [4]), reshape(b, [4]), reshape(q, [2, 2])],
      gradient: 'none',
    });
  });

  it('gives back x itself when nothing changes', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(reshape(x, [batch, 2])).toBe(x);
  });

  it('refuses another number of elements, for any value of the symbols', () => {
    const x = new Graph('g').input('x', 'float32', [batch, seq, 2]);
    expect(() => reshape(x, [batch, seq, 3])).toThrow('reshape: shape: expected as many elements as [batch, seq, 2]');
    expect(() => reshape(x, [batch, batch, 2])).toThrow('reshape: shape');
    expect(() => reshape(x, [addDims(batch, 1), -1])).toThrow('expected a multiple of batch + 1');
  });
});

describe('unsqueeze and squeeze', () => {
  it('undo each other', async () => {
    const [up, down] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] } },
      build: ({ x }) => [unsqueeze(x, [0, -1]), squeeze(unsqueeze(x, [1, 2]), [1, 2])],
    });
    expect([up?.shape, down?.shape]).toEqual([
      [1, 2, 3, 1],
      [2, 3],
    ]);
  });

  it('refuse an axis that is not of size one', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 1]);
    expect(() => squeeze(x, [0])).toThrow('squeeze: x: expected size 1 at axes [0], got [batch, 1]');
  });
});
