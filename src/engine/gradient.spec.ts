import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../test/support/executors.js';
import { expectOp } from '../../test/support/expect-op.js';
import { dim } from './dim.js';
import { gradients } from './gradient.js';
import { Graph, type Value } from './graph.js';
import { add } from './ops/add.js';
import { argMax } from './ops/arg-max.js';
import { cast } from './ops/cast.js';
import { concat } from './ops/concat.js';
import { exp } from './ops/exp.js';
import { gather } from './ops/gather.js';
import { gelu } from './ops/gelu.js';
import { layerNorm } from './ops/layer-norm.js';
import { linear } from './ops/linear.js';
import { logSoftmax } from './ops/log-softmax.js';
import { matmul } from './ops/matmul.js';
import { mul } from './ops/mul.js';
import { neg } from './ops/neg.js';
import { oneHot } from './ops/one-hot.js';
import { reduceMean } from './ops/reduce-mean.js';
import { reduceSum } from './ops/reduce-sum.js';
import { reshape } from './ops/reshape.js';
import { softmax } from './ops/softmax.js';
import { split } from './ops/split.js';
import { sub } from './ops/sub.js';
import { transpose } from './ops/transpose.js';

const executors = useExecutors();
const batch = dim('batch');
const seq = dim('seq');

describe('the chain rule', () => {
  it('adds up what reaches one value over several ways', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] } },
      build: ({ x }) => add(mul(x, exp(x)), sub(x, mul(x, x))),
    });
  });

  it('passes both parts of a split and joins them', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, 5] } },
      build({ x }) {
        const [a, b] = split(x, [2, 3], 1);
        return concat([exp(b!), a!, mul(a!, a!)], 1);
      },
    });
  });

  it('holds through a whole encoder layer with attention', async () => {
    await expectOp(executors(), {
      inputs: {
        x: { shape: [batch, seq, 4] },
        q: { shape: [4, 4] },
        k: { shape: [4, 4] },
        up: { shape: [6, 4] },
        upBias: { shape: [6] },
        gain: { shape: [4] },
        bias: { shape: [4] },
      },
      build({ x, q, k, up, upBias, gain, bias }) {
        const heads = (v: Value) => transpose(reshape(v, [batch, seq, 2, 2]), [0, 2, 1, 3]); // [batch, h, seq, d]
        const scores = mul(matmul(heads(linear(x, q)), heads(linear(x, k)), { transposeB: true }), 0.7);
        const mixed = transpose(matmul(softmax(scores), heads(x)), [0, 2, 1, 3]);
        const y = layerNorm(add(reshape(mixed, [batch, seq, 4]), x), gain, bias, 1e-5);
        return gelu(linear(y, up, upBias));
      },
      tolerance: 1e-4,
    });
  });

  it('holds for a low-rank update whose pages are gathered by row, one page used twice', async () => {
    await expectOp(executors(), {
      inputs: {
        x: { shape: [batch, seq, 4] },
        a: { shape: [3, 2, 4] },
        b: { shape: [3, 2, 5] },
        page: { shape: [batch], dtype: 'int32', data: [2, 0, 2] },
      },
      sizes: { batch: 3, seq: 2 },
      build({ x, a, b, page }) {
        const low = matmul(x, gather(a, page), { transposeB: true }); // [batch, seq, 2]
        return matmul(low, gather(b, page)); // [batch, seq, 5]
      },
    });
  });

  it('holds for the cross entropy of integer labels', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [batch, 3] }, label: { shape: [batch], dtype: 'int32', data: [2, 0] } },
      build({ x, label }) {
        const chosen = reduceSum(mul(logSoftmax(x), oneHot(label, 3)), { axes: [1] });
        return neg(reduceMean(chosen));
      },
    });
  });
});

describe('gradients', () => {
  it('are zeros where the loss does not depend on the value, or only by way of integers', async () => {
    const graph = new Graph('g');
    const [x, y] = [graph.input('x', 'float32', [batch, 2]), graph.input('y', 'float32', [batch, 2])];
    const loss = reduceSum(add(x, reshape(cast(argMax(y), 'float32'), [batch, 1])));
    const [dx, dy] = gradients(loss, [x, y]);
    graph.output('dx', dx!);
    graph.output('dy', dy!);
    const program = await executors().onnx.compile(graph);
    const fed = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    const result = await program.run({ x: fed, y: fed });
    expect([...result['dx']!.data]).toEqual([1, 1]);
    expect([...result['dy']!.data]).toEqual([0, 0]);
    await program.dispose();
  });

  it('by the loss itself and by a value on the way are right too', async () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', []);
    const middle = exp(x);
    const loss = mul(middle, 3);
    gradients(loss, [loss, middle, x]).forEach((value, i) => graph.output(`d${i}`, value));
    const program = await executors().onnx.compile(graph);
    const result = await program.run({ x: { dtype: 'float32', shape: [], data: Float32Array.of(0) } });
    expect(Object.values(result).map(({ data }) => data[0])).toEqual([1, 3, 3]);
    await program.dispose();
  });

  it('add no node for frozen weights', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch, 2]);
    const w = graph.weight('w', { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) });
    const b = graph.input('b', 'float32', [2]);
    const [db] = gradients(reduceSum(add(matmul(exp(x), w), b)), [b]);
    expect(graph.nodesFor([db!]).some((node) => node.op.name === 'matmul')).toBe(false);
  });

  it('need a scalar loss and float values', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch, 2]);
    const n = graph.input('n', 'int32', []);
    expect(() => gradients(x, [x])).toThrow('gradients: loss: expected [], got [batch, 2]');
    expect(() => gradients(reduceSum(x), [n])).toThrow('gradients: wrt: expected float32, got int32');
  });
});
