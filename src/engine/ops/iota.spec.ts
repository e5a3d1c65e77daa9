import { describe, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { addDims, dim } from '../dim.js';
import { iota } from './iota.js';

const executors = useExecutors();
const seq = dim('seq');
const inputs = { like: { shape: [seq], dtype: 'int32' as const } };

describe('iota', () => {
  it.each([
    [0, [], [0]],
    [1, [0], [0, 1]],
    [4, [0, 1, 2, 3], [0, 1, 2, 3, 4]],
  ])('counts to a size known at run time: %i', async (size, expected, longer) => {
    await expectOp(executors(), {
      inputs,
      build: (_, graph) => [iota(graph, seq), iota(graph, addDims(seq, 1))],
      sizes: { seq: size },
      expected: [expected, longer],
      gradient: 'none',
    });
  });

  it('is a constant for a known size', async () => {
    await expectOp(executors(), {
      inputs,
      build: (_, graph) => iota(graph, 3),
      expected: [[0, 1, 2]],
      gradient: 'none',
    });
  });
});
