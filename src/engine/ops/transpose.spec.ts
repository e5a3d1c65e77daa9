import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { inverse, transpose } from './transpose.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('transpose', () => {
  it.each([[[0, 2, 1, 3]], [[3, 0, 1, 2]], [[0, 1, 2, 3]], [undefined]])(
    'agrees on both executors, and so does its gradient: %j',
    async (perm) => {
      await expectOp(executors(), {
        inputs: { x: { shape: [batch, seq, 2, 2] } },
        build: ({ x }) => transpose(x, perm),
      });
    },
  );

  it('equals its definition, for integers too', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3], dtype: 'int32', data: [1, 2, 3, 4, 5, 6] } },
      build: ({ x }) => transpose(x),
      expected: [[1, 4, 2, 5, 3, 6]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3, 2] } },
      build: ({ x }) => transpose(x, [2, 0, 1]),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([2, 0, 3]);
  });

  it('refuses what is no permutation', () => {
    const x = new Graph('g').input('x', 'float32', [batch, 2]);
    expect(() => transpose(x, [0, 0])).toThrow('transpose: perm: expected every axis of [batch, 2] once, got [0, 0]');
  });
});

describe('inverse', () => {
  it('undoes a permutation', () => {
    expect(inverse([2, 0, 3, 1])).toEqual([1, 3, 0, 2]);
  });
});
