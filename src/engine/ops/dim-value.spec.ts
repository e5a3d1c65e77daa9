import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { addDims, dim, mulDims } from '../dim.js';
import { dimValue } from './dim-value.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('dimValue', () => {
  it('is the size of a dimension in this run, as a float or an integer', async () => {
    const [float, int] = await expectOp(executors(), {
      inputs: { like: { shape: [batch, addDims(mulDims(seq, 2), 1)], dtype: 'int32' } },
      build: (_, graph) => [
        dimValue(graph, addDims(mulDims(batch, seq), -1)),
        dimValue(graph, seq, 'int32'),
        dimValue(graph, 7),
      ],
      sizes: { batch: 3, seq: 5 },
      expected: [[14], [5], [7]],
      gradient: 'none',
    });
    expect([float, int]).toMatchObject([
      { dtype: 'float32', shape: [] },
      { dtype: 'int32', shape: [] },
    ]);
  });
});
