import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp, type OpInput } from '../../../test/support/expect-op.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { dim } from '../dim.js';
import { gradients } from '../gradient.js';
import { Graph } from '../graph.js';
import { tensor, type Tensor } from '../tensor.js';
import { linearInt8, MAX_INT8_WEIGHT } from './linear-int8.js';
import { reduceSum } from './reduce-sum.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];
const [IN, OUT] = [48, 20];
const random = new SeededRandom(5);
const weight = random.integers(IN * OUT, -MAX_INT8_WEIGHT, MAX_INT8_WEIGHT + 1);
const scale = random.floats(OUT, 0.001, 0.02);

function layer(x: OpInput): Record<'x' | 'w' | 'scale', OpInput> {
  return { x, w: { shape: [IN, OUT], dtype: 'int8', data: weight }, scale: { shape: [OUT], data: scale } };
}

/** The formula of `linearInt8` in double precision but for the two numbers it rounds to float32. */
function byDefinition(rows: ArrayLike<number>): number[] {
  return Array.from({ length: (rows.length / IN) * OUT }, (_, at) => {
    const [r, o] = [Math.floor(at / OUT), at % OUT];
    const row = Array.from({ length: IN }, (_, i) => rows[r * IN + i]!);
    const step = Math.fround(Math.max(2 ** -100, ...row.map(Math.abs)) * Math.fround(1 / 127));
    const sum = row.reduce((total, x, i) => total + toEven(Math.fround(x / step)) * weight[i * OUT + o]!, 0);
    return sum * scale[o]! * step;
  });
}

function toEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

async function onnxRows(rows: Float32Array): Promise<Float32Array> {
  const graph = new Graph('g');
  const x = graph.input('x', 'float32', [batch, IN]);
  const w = graph.weight('w', tensor('int8', [IN, OUT], Int8Array.from(weight)));
  graph.output('y', linearInt8(x, w, graph.weight('scale', tensor('float32', [OUT], scale))));
  const program = await executors().onnx.compile(graph);
  const { y } = await program.run({ x: tensor('float32', [rows.length / IN, IN], rows) });
  await program.dispose();
  return y!.data as Float32Array;
}

describe('linearInt8', () => {
  it.each([
    ['one row', [IN]],
    ['a batch of rows', [batch, IN]],
    ['a batch of sequences', [batch, seq, IN]],
  ])('equals its definition on both executors: %s', async (_, shape) => {
    const sizes = { batch: 3, seq: 5 };
    const inputs = layer({ shape, data: (size, random) => random.floats(size, -3, 3) });
    const build = { inputs, sizes, gradient: 'none' as const };
    const [x] = await expectOp(executors(), { ...build, build: ({ x }) => x });
    await expectOp(executors(), {
      ...build,
      build: ({ x, w, scale }) => linearInt8(x, w, scale),
      expected: [byDefinition(x!.data)],
      tolerance: 2e-6,
    });
  });

  it('is off from the float product by at most sx/2 · Σ|w| · scale', async () => {
    const rows = random.floats(40 * IN, -2, 5);
    const y = await onnxRows(rows);
    for (let at = 0; at < y.length; at++) {
      const [r, o] = [Math.floor(at / OUT), at % OUT];
      const row = rows.subarray(r * IN, (r + 1) * IN);
      const step = row.reduce((max, x) => Math.max(max, Math.abs(x)), 0) / 127;
      const column = Array.from(row, (_, i) => weight[i * OUT + o]!);
      const exact = row.reduce((sum, x, i) => sum + x * column[i]!, 0) * scale[o]!;
      const bound = (step / 2) * column.reduce((sum, w) => sum + Math.abs(w), 0) * scale[o]!;
      expect(Math.abs(y[at]! - exact)).toBeLessThanOrEqual(bound * (1 + 1e-5));
    }
  });

  it('answers a row the same to the bit, whatever shares the batch', async () => {
    const row = random.floats(IN);
    const alone = await onnxRows(row);
    const beside = [1e-30, 1e-3, 1, 1e6, 1e30].map((size) => random.floats(IN, -size, size));
    for (const count of [1, 2, 7, 33, 200]) {
      for (const at of [0, count - 1]) {
        const rows = Array.from({ length: count }, (_, i) => (i === at ? row : beside[i % beside.length]!));
        const y = await onnxRows(Float32Array.from(rows.flatMap((each) => [...each])));
        expect([...y.subarray(at * OUT, (at + 1) * OUT)]).toEqual([...alone]);
      }
    }
  });

  it('sums the largest products exactly, where 16 bits would overflow', async () => {
    const inside = 3072;
    const [y] = await expectOp(executors(), {
      inputs: {
        x: { shape: [2, inside], data: (size) => Float32Array.from({ length: size }, (_, i) => (i < inside ? 1 : -1)) },
        w: {
          shape: [inside, 2],
          dtype: 'int8',
          data: (size) => Float32Array.from({ length: size }, (_, i) => (i % 2 ? -MAX_INT8_WEIGHT : MAX_INT8_WEIGHT)),
        },
        scale: { shape: [2], data: [1 / MAX_INT8_WEIGHT, 1] },
      },
      build: ({ x, w, scale }) => linearInt8(x, w, scale),
      gradient: 'none',
      tolerance: 1e-6,
    });
    const [a, b] = [inside, inside * MAX_INT8_WEIGHT];
    const expected = [a, -b, -a, b];
    expected.forEach((value, i) => expect(Math.abs(y!.data[i]! / value - 1)).toBeLessThan(1e-6));
  });

  it.each([
    ['zeros give zeros', () => 0, 0],
    ['subnormal numbers count as zeros', (i: number) => (i % 2 ? 1e-42 : -1e-45), 0],
    ['tiny numbers keep their size', (i: number) => (i % 3 ? 1e-28 : -1e-29), 1e-28],
    ['huge numbers do not overflow', (i: number) => (i % 3 ? 1e34 : -3e33), 1e34],
  ])('%s, on both executors', async (_, value, size) => {
    const row = Float32Array.from({ length: IN }, (_, i) => value(i));
    const [y] = await expectOp(executors(), {
      inputs: layer({ shape: [1, IN], data: row }),
      build: ({ x, w, scale }) => linearInt8(x, w, scale),
      gradient: 'none',
    });
    const expected = byDefinition(row);
    y!.data.forEach((actual, o) => expect(Math.abs(actual - expected[o]!)).toBeLessThanOrEqual(1e-5 * size));
  });

  it.each([NaN, Infinity, -Infinity])(
    'answers NaN to a row with %s, and leaves the others as they are',
    async (bad) => {
      for (const place of [0, 17, IN - 1]) {
        const rows = random.floats(5 * IN);
        const clean = await onnxRows(rows);
        rows[2 * IN + place] = bad;
        const [y] = await expectOp(executors(), {
          inputs: layer({ shape: [5, IN], data: rows }),
          build: ({ x, w, scale }) => linearInt8(x, w, scale),
          gradient: 'none',
        });
        expect([...y!.data]).toEqual([...clean.fill(NaN, 2 * OUT, 3 * OUT)]);
      }
    },
  );

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: layer({ shape: [batch, seq, IN] }),
      build: ({ x, w, scale }) => linearInt8(x, w, scale),
      sizes: { batch: 0, seq: 3 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 3, OUT]);
  });

  it('refuses another width, another dtype and a gradient', () => {
    const graph = new Graph('g');
    const input = (name: string, { dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>) => graph.input(name, dtype, shape);
    const x = input('x', { dtype: 'float32', shape: [2, 3] });
    const w = input('w', { dtype: 'int8', shape: [3, 4] });
    const four = input('four', { dtype: 'float32', shape: [4] });
    expect(() => linearInt8(input('y', { dtype: 'float32', shape: [2, 5] }), w, four)).toThrow(
      'linearInt8: x: expected 3 at the last axis, got 5',
    );
    expect(() => linearInt8(x, w, input('three', { dtype: 'float32', shape: [3] }))).toThrow(
      'linearInt8: scale: expected [4], got [3]',
    );
    expect(() => linearInt8(x, x, four)).toThrow('linearInt8: w: expected int8, got float32');
    expect(() => linearInt8(x, input('v', { dtype: 'int8', shape: [3] }), four)).toThrow('two axes of known size');
    expect(() => gradients(reduceSum(linearInt8(x, w, four)), [x])).toThrow(
      'expected no gradient through an int8 layer',
    );
  });
});
