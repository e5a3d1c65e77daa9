import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { gradients } from '../gradient.js';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { detach } from './detach.js';
import { mul } from './mul.js';
import { reduceSum } from './reduce-sum.js';

const executors = useExecutors();

describe('detach', () => {
  it('gives x itself, of every type and size', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [3], data: [1.5, -2, NaN] }, i: { shape: [0, 2], dtype: 'int32', data: [] } },
      build: ({ x, i }) => [detach(x), detach(i)],
      expected: [[1.5, -2, NaN], []],
      gradient: 'none',
    });
  });

  it('stops the gradient on that way and leaves the others', async () => {
    const graph = new Graph('detach');
    const x = graph.input('x', 'float32', [2]);
    const [dx] = gradients(reduceSum(mul(x, detach(x))), [x]); // x · constant, not 2x
    graph.output('dx', dx!);
    const feeds = { x: tensor('float32', [2], Float32Array.of(3, -5)) };
    for (const executor of [executors().onnx, executors().tfjs]) {
      const { dx: got } = await (await executor.compile(graph)).run(feeds);
      expect([...got!.data]).toEqual([3, -5]);
    }
  });

  it('gives zeros where nothing else depends on x', () => {
    const graph = new Graph('detach');
    const x = graph.input('x', 'float32', [2]);
    const [dx] = gradients(reduceSum(detach(x)), [x]);
    expect(graph.nodesFor([dx!]).map(({ op }) => op.name)).toEqual(['broadcastTo']);
  });
});
