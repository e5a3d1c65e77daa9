import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { cast } from './cast.js';

const executors = useExecutors();

describe('cast', () => {
  it('cuts floats towards zero', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [6], data: [1.9, -1.9, 0.4, -0.4, 0, 100000.5] } },
      build: ({ x }) => cast(x, 'int32'),
      expected: [[1, -1, 0, 0, 0, 100000]],
      gradient: 'none',
    });
    expect(y?.dtype).toBe('int32');
  });

  it('calls true what is not zero', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [4], data: [0, 0.5, -2, 1] }, i: { shape: [3], dtype: 'int32', data: [0, 2, -1] } },
      build: ({ x, i }) => [cast(x, 'bool'), cast(i, 'bool')],
      expected: [
        [0, 1, 1, 1],
        [0, 1, 1],
      ],
      gradient: 'none',
    });
  });

  it('makes 0 and 1 of bools, and widens bytes', async () => {
    await expectOp(executors(), {
      inputs: {
        b: { shape: [2], dtype: 'bool', data: [0, 1] },
        q: { shape: [2], dtype: 'int8', data: [-128, 127] },
        u: { shape: [2], dtype: 'uint8', data: [0, 255] },
      },
      build: ({ b, q, u }) => [
        cast(b, 'float32'),
        cast(b, 'int32'),
        cast(q, 'int32'),
        cast(q, 'float32'),
        cast(u, 'float32'),
      ],
      expected: [
        [0, 1],
        [0, 1],
        [-128, 127],
        [-128, 127],
        [0, 255],
      ],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty, and gives back x itself for its own dtype', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [dim('batch'), 2] } },
      build: ({ x }) => cast(x, 'int32'),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
    const x = new Graph('g').input('x', 'float32', [2]);
    expect(cast(x, 'float32')).toBe(x);
  });
});
