import { expect } from 'vitest';
import { type Dim, evaluateDim } from '../../src/engine/dim.js';
import { gradients } from '../../src/engine/gradient.js';
import { Graph, type Value } from '../../src/engine/graph.js';
import { add } from '../../src/engine/ops/add.js';
import { mul } from '../../src/engine/ops/mul.js';
import { reduceSum } from '../../src/engine/ops/reduce-sum.js';
import type { Shape } from '../../src/engine/shape.js';
import { type DType, sizeOf, type Tensor } from '../../src/engine/tensor.js';
import { expectClose, expectSameTensor } from './close-to.js';
import type { Executors } from './executors.js';
import { SeededRandom } from './seeded-random.js';

export interface OpInput {
  readonly shape: Shape;
  /** Default: float32. */
  readonly dtype?: DType;
  /** Its values; default: float32 in ±[0.1, 1] (away from the kink at 0), integers 0 to 2, bools by chance. */
  readonly data?: ArrayLike<number> | ((size: number, random: SeededRandom) => ArrayLike<number>);
}

export interface OpCase<K extends string> {
  readonly inputs: Readonly<Record<K, OpInput>>;
  readonly build: (inputs: Readonly<Record<K, Value>>, graph: Graph) => Value | readonly Value[];
  /** Values of the symbolic dimensions; default batch 2, seq 3. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** What the outputs must be, each in row-major order. */
  readonly expected?: readonly ArrayLike<number>[];
  /** Between the executors and to `expected`: |difference| ≤ tolerance · (1 + |value|). Default 1e-5. */
  readonly tolerance?: number;
  /** Default: finite differences and tfjs autograd. `finite`: tfjs has no gradient, or a wrong one. */
  readonly gradient?: 'both' | 'finite' | 'none';
}

/** Of the analytic gradient to central differences in float32, see `finiteDifferences`. */
const FINITE_TOLERANCE = 2e-3;

/**
 * Checks an op, or any small graph, in four ways: ONNX Runtime and tfjs agree; both give `expected`; the gradient of
 * Σ dy ⊙ y, dy random, agrees on both, with finite differences and with tfjs autograd.
 *
 * @returns the outputs on ONNX Runtime
 */
export async function expectOp<K extends string>(executors: Executors, op: OpCase<K>): Promise<Tensor[]> {
  const { tolerance = 1e-5 } = op;
  const feeds = makeFeeds(op);
  const forward = new Graph('forward');
  const built = build(op, forward);
  const { onnx: actual, tfjs: reference } = await runBoth(executors, forward, feeds);
  for (const name of forward.outputs.keys())
    expectSameTensor(actual[name]!, reference[name]!, tolerance, `onnx, tfjs: ${name}`);
  const outputs = built.outputs.map((_, i) => actual[`y${i}`]!);
  op.expected?.forEach((data, i) => expectClose(outputs[i]!.data, data, tolerance, `expected: y${i}`));
  if (op.gradient !== 'none') await expectGradients(executors, op, feeds, outputs);
  return outputs;
}

/** Values from `low` to `high` that differ by at least 0.05 from each other: no tie, no kink between two of them. */
export function spread(size: number, random: SeededRandom): Float32Array {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = random.integer(0, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return Float32Array.from(order, (rank) => (rank - size / 2 + 0.25) * 0.1);
}

interface Built {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: readonly Value[];
}

function build<K extends string>(op: OpCase<K>, graph: Graph): Built {
  const entries = Object.entries<OpInput>(op.inputs);
  const inputs = Object.fromEntries(
    entries.map(([name, { dtype = 'float32', shape }]) => [name, graph.input(name, dtype, shape)]),
  ) as Record<K, Value>;
  const result = op.build(inputs, graph);
  const outputs: readonly Value[] = 'id' in result ? [result] : result;
  outputs.forEach((value, i) => graph.output(`y${i}`, value));
  return { inputs, outputs };
}

function makeFeeds<K extends string>({ inputs, sizes = { batch: 2, seq: 3 } }: OpCase<K>): Record<string, Tensor> {
  const random = new SeededRandom(7);
  const entries = Object.entries<OpInput>(inputs).map(
    ([name, { dtype = 'float32', shape, data = defaultData(dtype) }]) => {
      const concrete = shape.map((size: Dim) => evaluateDim(size, sizes));
      const values = typeof data === 'function' ? data(sizeOf(concrete), random) : data;
      return [name, makeTensor(dtype, concrete, values)] as const;
    },
  );
  return Object.fromEntries(entries);
}

function defaultData(dtype: DType): (size: number, random: SeededRandom) => ArrayLike<number> {
  if (dtype === 'bool') return (size, random) => random.integers(size, 0, 2);
  if (dtype !== 'float32') return (size, random) => random.integers(size, 0, 3);
  return (size, random) => random.floats(size, -0.9, 0.9).map((x) => x + (x < 0 ? -0.1 : 0.1));
}

export function makeTensor(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Tensor {
  expect(values.length, 'test data: number of elements').toBe(sizeOf(shape));
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(values) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(values) };
    case 'int8':
      return { dtype, shape, data: Int8Array.from(values) };
    default:
      return { dtype, shape, data: Uint8Array.from(values) };
  }
}

type Outputs = Record<string, Tensor>;

async function runBoth(
  { onnx, tfjs }: Executors,
  graph: Graph,
  feeds: Outputs,
): Promise<{ onnx: Outputs; tfjs: Outputs }> {
  const [first, second] = [await onnx.compile(graph), await tfjs.compile(graph)];
  const results = { onnx: await first.run(feeds), tfjs: await second.run(feeds) };
  await Promise.all([first.dispose(), second.dispose()]);
  return results;
}

async function expectGradients<K extends string>(
  executors: Executors,
  op: OpCase<K>,
  feeds: Outputs,
  outputs: readonly Tensor[],
): Promise<void> {
  const random = new SeededRandom(13);
  const graph = new Graph('gradient');
  const built = build(op, graph);
  const cotangents: Outputs = {};
  const terms = built.outputs.flatMap((value, i) => {
    if (value.dtype !== 'float32') return [];
    const shape = outputs[i]!.shape;
    cotangents[`dy${i}`] = { dtype: 'float32', shape, data: random.floats(sizeOf(shape)) };
    return [reduceSum(mul(value, graph.input(`dy${i}`, 'float32', value.shape)))];
  });
  const wrt = Object.keys(feeds).filter((name) => feeds[name]!.dtype === 'float32');
  const derived = gradients(
    terms.reduce((sum, term) => add(sum, term)),
    wrt.map((name) => built.inputs[name]!),
  );
  derived.forEach((value, i) => graph.output(`d_${wrt[i]}`, value));

  const { onnx, tfjs } = await runBoth(executors, graph, { ...feeds, ...cotangents });
  const numeric = await finiteDifferences(executors, op, { feeds, cotangents, wrt });
  const autograd =
    op.gradient === 'finite' ? undefined : await autogradOf(graph, terms, { ...feeds, ...cotangents }, wrt);
  for (const name of wrt) {
    const analytic = onnx[`d_${name}`]!;
    expect([...analytic.shape], `shape of d_${name}`).toEqual([...feeds[name]!.shape]);
    expectSameTensor(analytic, tfjs[`d_${name}`]!, op.tolerance ?? 1e-5, `gradient on onnx, tfjs: ${name}`);
    expectClose(analytic.data, numeric[name]!, FINITE_TOLERANCE, `gradient, finite differences: ${name}`);
    if (autograd) expectClose(analytic.data, autograd[name]!, 1e-4, `gradient, tfjs autograd: ${name}`);
  }
}

/** Loaded on first use: tfjs's gradients are large, and half of the specs need none. */
async function autogradOf(...args: Parameters<typeof import('./tfjs-gradients.js').tfjsGradients>) {
  const { tfjsGradients } = await import('./tfjs-gradients.js');
  return tfjsGradients(...args);
}

/**
 * Central differences of L(x) = Σ dy ⊙ y(x), summed in float64, with one step of Richardson's extrapolation:
 * (4 D(h/2) − D(h)) / 3. The function itself is float32, so h is large (0.02): rounding gives about 1e-5 · |y|,
 * the cut-off terms h⁴ · |y⁽⁵⁾|.
 */
async function finiteDifferences<K extends string>(
  { onnx }: Executors,
  op: OpCase<K>,
  { feeds, cotangents, wrt }: { feeds: Outputs; cotangents: Outputs; wrt: readonly string[] },
): Promise<Record<string, Float64Array>> {
  const forward = new Graph('forward');
  build(op, forward);
  const program = await onnx.compile(forward);
  const loss = async (name: string, i: number, step: number): Promise<number> => {
    const data = Float32Array.from(feeds[name]!.data);
    data[i]! += step;
    const outputs = await program.run({ ...feeds, [name]: { ...feeds[name]!, dtype: 'float32', data } });
    let sum = 0;
    for (const [cotangent, { data: dy }] of Object.entries(cotangents)) {
      const y = outputs[cotangent.slice(1)]!.data;
      for (let k = 0; k < dy.length; k++) sum += dy[k]! * y[k]!;
    }
    return sum;
  };
  const difference = async (name: string, i: number, h: number) =>
    ((await loss(name, i, h)) - (await loss(name, i, -h))) / (2 * h);

  const result: Record<string, Float64Array> = {};
  for (const name of wrt) {
    const slopes = new Float64Array(feeds[name]!.data.length);
    for (let i = 0; i < slopes.length; i++) {
      slopes[i] = (4 * (await difference(name, i, 0.01)) - (await difference(name, i, 0.02))) / 3;
    }
    result[name] = slopes;
  }
  await program.dispose();
  return result;
}
