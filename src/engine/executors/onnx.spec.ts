import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTensor } from '../../../test/support/expect-op.js';
import { ShapeError, ValidationError } from '../../common/errors.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { add } from '../ops/add.js';
import { equal } from '../ops/equal.js';
import { matmul } from '../ops/matmul.js';
import { relu } from '../ops/relu.js';
import { reshape } from '../ops/reshape.js';
import { createOnnxExecutor, type OnnxProvider } from './onnx.js';

const batch = dim('batch');
const w = makeTensor(
  'float32',
  [32, 32],
  Float32Array.from({ length: 1024 }, (_, i) => (i % 33 === 0 ? 2 : 0)),
);

/** y = 2 · x, through a weight large enough to lie in a file. */
function doubled(name = 'double'): Graph {
  const graph = new Graph(name);
  graph.output('y', matmul(graph.input('x', 'float32', [batch, 32]), graph.weight('w', w)));
  return graph;
}

const feeds = (rows: number) => ({ x: makeTensor('float32', [rows, 32], new Float32Array(rows * 32).fill(rows)) });

describe('createOnnxExecutor', () => {
  let cacheDir = '';
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'onnx-'));
  });
  afterAll(() => rm(cacheDir, { recursive: true }));
  const create = () => createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });

  it('shares the weights of all its graphs through one file', async () => {
    const executor = await create();
    const [first, second] = [await executor.compile(doubled('a')), await executor.compile(doubled('b'))];
    const files = await readdir(cacheDir);
    expect(files.filter((name) => name.startsWith('weights-'))).toHaveLength(1);
    const graphs = files.filter((name) => name.startsWith('graph-'));
    for (const name of graphs) expect((await stat(join(cacheDir, name))).size).toBeLessThan(1000);
    expect((await first.run(feeds(2)))['y']?.data[0]).toBe(4);
    expect((await second.run(feeds(3)))['y']?.data[0]).toBe(6);
    await executor.dispose();
  });

  it('leaves nothing on the disk of a program that owns its weights, whatever becomes of it', async () => {
    const executor = await create();
    const before = await readdir(cacheDir);
    const graph = doubled('own');
    const tripled = makeTensor(
      'float32',
      [32, 32],
      w.data.map((x) => x * 1.5),
    );
    graph.output('z', matmul(graph.input('v', 'float32', [batch, 32]), graph.weight('o', tripled)));
    const program = await executor.compile(graph, { ownsWeights: true });
    expect(await readdir(cacheDir)).toEqual(before);
    const outputs = await program.run({ ...feeds(2), v: feeds(2).x });
    expect([outputs['y']?.data[0], outputs['z']?.data[0]]).toEqual([4, 6]);
    await executor.dispose();
  });

  it('gives outputs memory of their own', async () => {
    const executor = await create();
    const program = await executor.compile(doubled());
    const { y: first } = await program.run(feeds(2));
    await program.run(feeds(3));
    expect(first?.data).toEqual(new Float32Array(64).fill(4));
    expect(first?.data.buffer).toBeInstanceOf(ArrayBuffer);
    expect(first?.data.buffer.byteLength).toBe(first?.data.byteLength);
    await executor.dispose();
  });

  it('writes into the tensors it is given', async () => {
    const executor = await create();
    const program = await executor.compile(doubled());
    const y = makeTensor('float32', [2, 32], new Float32Array(64));
    const outputs = await program.run(feeds(2), { y });
    expect(outputs['y']).toBe(y);
    expect(y.data).toEqual(new Float32Array(64).fill(4));
    await expect(program.run(feeds(3), { y })).rejects.toThrow('run: into.y: expected float32 [batch, 32] = [3, 32]');
    await executor.dispose();
  });

  it('sees what was written into a fed array between two runs', async () => {
    const executor = await create();
    const program = await executor.compile(doubled());
    const fed = feeds(1);
    await program.run(fed);
    fed.x.data.fill(10);
    expect((await program.run(fed))['y']?.data[5]).toBe(20);
    await executor.dispose();
  });

  it('carries every dtype through, an input as an output too', async () => {
    const executor = await create();
    const graph = new Graph('dtypes');
    const i = graph.input('i', 'int32', [2]);
    graph.output('same', equal(i, i));
    for (const dtype of ['bool', 'int8', 'uint8'] as const) {
      graph.output(`${dtype}_out`, reshape(graph.input(dtype, dtype, [2, 1]), [2]));
    }
    graph.output('i', i);
    const program = await executor.compile(graph);
    const outputs = await program.run({
      i: makeTensor('int32', [2], [-5, 2147483647]),
      bool: makeTensor('bool', [2, 1], [0, 1]),
      int8: makeTensor('int8', [2, 1], [-128, 127]),
      uint8: makeTensor('uint8', [2, 1], [0, 255]),
    });
    expect(outputs).toEqual({
      same: makeTensor('bool', [2], [1, 1]),
      bool_out: makeTensor('bool', [2], [0, 1]),
      int8_out: makeTensor('int8', [2], [-128, 127]),
      uint8_out: makeTensor('uint8', [2], [0, 255]),
      i: makeTensor('int32', [2], [-5, 2147483647]),
    });
    await executor.dispose();
  });

  it('runs calls that were made at the same time', async () => {
    const executor = await create();
    const program = await executor.compile(doubled());
    const results = await Promise.all([1, 2, 3].map((rows) => program.run(feeds(rows))));
    expect(results.map(({ y }) => y?.data[0])).toEqual([2, 4, 6]);
    await executor.dispose();
  });

  it('finishes the runs that have begun before it closes, and refuses later ones', async () => {
    const executor = await create();
    const program = await executor.compile(doubled());
    const running = program.run(feeds(2));
    await executor.dispose();
    expect((await running)['y']?.data[0]).toBe(4);
    await expect(program.run(feeds(2))).rejects.toThrow('expected a program that is not disposed');
    await program.dispose();
  });

  it('refuses feeds that do not fit', async () => {
    const executor = await create();
    const program = await executor.compile(doubled());
    await expect(program.run({})).rejects.toThrow(ShapeError);
    await executor.dispose();
  });

  it('compiles a graph without weights or nodes', async () => {
    const executor = await create();
    const graph = new Graph('empty');
    const x = graph.input('x', 'float32', [batch, 32]);
    graph.output('y', x);
    graph.output('z', relu(add(x, graph.scalar(-2))));
    const { y, z } = await (await executor.compile(graph)).run(feeds(3));
    expect([y?.data[0], z?.data[0]]).toEqual([3, 1]);
    await executor.dispose();
  });

  it('writes a profile of the operators where it is told', async () => {
    const profileDir = await mkdtemp(join(tmpdir(), 'profile-'));
    const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir, profileDir });
    const program = await executor.compile(doubled());
    await program.run(feeds(1));
    await executor.dispose();
    expect((await readdir(profileDir)).filter((name) => name.startsWith('double'))).toHaveLength(1);
    await rm(profileDir, { recursive: true });
  });

  it('refuses a provider that this ONNX Runtime does not have', async () => {
    const creating = createOnnxExecutor({ provider: 'abacus' as OnnxProvider, cacheDir });
    await expect(creating).rejects.toThrow(ValidationError);
    await expect(creating).rejects.toThrow(/provider: expected one of cpu.*got abacus/);
  });
});
