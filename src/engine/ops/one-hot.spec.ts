import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { oneHot } from './one-hot.js';

const executors = useExecutors();

describe('oneHot', () => {
  it('is 1 at the index, and nowhere for an index out of range', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { i: { shape: [2, 2], dtype: 'int32', data: [0, 2, -1, 3] } },
      build: ({ i }) => oneHot(i, 3),
      expected: [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]],
      gradient: 'none',
    });
    expect(y).toMatchObject({ dtype: 'float32', shape: [2, 2, 3] });
  });

  it('takes a symbolic depth and an empty batch', async () => {
    const [batch, seq] = [dim('batch'), dim('seq')];
    const [y] = await expectOp(executors(), {
      inputs: { i: { shape: [batch, 1], dtype: 'int32' }, like: { shape: [seq], dtype: 'int32' } },
      build: ({ i }) => oneHot(i, seq),
      sizes: { batch: 0, seq: 4 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 1, 4]);
  });
});
