import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../test/support/close-to.js';
import { useExecutors } from '../../../test/support/executors.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { gelu } from '../ops/gelu.js';
import { linear } from '../ops/linear.js';
import { reduceMean } from '../ops/reduce-mean.js';
import { exportOnnx } from './onnx-export.js';
import { decodeModel } from './onnx-model.js';

const executors = useExecutors();
const random = new SeededRandom(3);
const weight = { dtype: 'float32' as const, shape: [4, 3], data: random.floats(12) };
const unused = { dtype: 'float32' as const, shape: [1], data: new Float32Array(1) };
const feeds = { x: { dtype: 'float32' as const, shape: [2, 5, 3], data: random.floats(30) } };

function makeGraph(): Graph {
  const graph = new Graph('tiny');
  const x = graph.input('x', 'float32', [dim('batch'), dim('seq'), 3]);
  const y = gelu(linear(x, graph.weight('dense.weight', weight)));
  graph.weight('unused', unused);
  graph.output('pooled', reduceMean(y, { axes: [1] }));
  graph.output('same', x);
  return graph;
}

describe('exportOnnx', () => {
  it('gives a file that ONNX Runtime loads by itself, with the same numbers', async () => {
    const program = await executors().onnx.compile(makeGraph());
    const { pooled } = await program.run(feeds);
    const session = await InferenceSession.create(exportOnnx(makeGraph()));
    const outputs = await session.run({ x: new OrtTensor('float32', feeds.x.data, feeds.x.shape) });
    expect(outputs['pooled']?.dims).toEqual([2, 4]);
    expectClose(outputs['pooled']?.data as Float32Array, pooled!.data, 1e-6, 'pooled');
    expect(outputs['same']?.data).toEqual(feeds.x.data);
    await session.release();
  });

  it('names inputs, outputs, symbolic axes and weights as the graph does, and leaves out what no output needs', () => {
    const model = decodeModel(exportOnnx(makeGraph()));
    expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 'seq', 3] }]);
    expect(model.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['pooled', ['batch', 4]],
      ['same', ['batch', 'seq', 3]],
    ]);
    const names = model.initializers.map(({ name }) => name);
    expect(names).toContain('dense.weight');
    expect(names).not.toContain('unused');
  });

  it('can leave the weights in a file beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'export-'));
    const bytes = new Uint8Array(weight.data.buffer);
    await writeFile(join(folder, 'weights.bin'), bytes);
    const range = { location: 'weights.bin', byteOffset: 0, byteLength: bytes.byteLength };
    const file = exportOnnx(makeGraph(), { externalData: (name) => (name === 'dense.weight' ? range : undefined) });
    await writeFile(join(folder, 'model.onnx'), file);
    const session = await InferenceSession.create(join(folder, 'model.onnx'));
    const outputs = await session.run({ x: new OrtTensor('float32', feeds.x.data, feeds.x.shape) });
    const { pooled } = await (await executors().onnx.compile(makeGraph())).run(feeds);
    expectClose(outputs['pooled']?.data as Float32Array, pooled!.data, 1e-6, 'pooled');
    await session.release();
    await rm(folder, { recursive: true });
  });
});
