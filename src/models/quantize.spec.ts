import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../test/support/executors.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { TINY_MODEL_TYPES, tinyTrunk } from '../../test/support/tiny-model.js';
import type { Executor } from '../engine/executors/executor.js';
import { Graph } from '../engine/graph.js';
import { MAX_INT8_WEIGHT } from '../engine/ops/linear-int8.js';
import { tensor } from '../engine/tensor.js';
import type { Trunk } from './base-model.js';
import { buildEncoder } from './encoder.js';
import { encoderInputs } from './encoder-inputs.js';
import { quantizeTrunk, quantizeWeight } from './quantize.js';

const executors = useExecutors();

describe('quantizeWeight', () => {
  it('is off by at most half a step everywhere, in seven bits', () => {
    const [out, inside] = [12, 40];
    const random = new SeededRandom(3);
    const data = random.floats(out * inside).map((x, i) => x * 10 ** (Math.floor(i / inside) - 6));
    const { values, scale } = quantizeWeight(tensor('float32', [out, inside], data));
    expect([values.shape, scale.shape]).toEqual([[inside, out], [out]]);
    for (let o = 0; o < out; o++) {
      const row = data.subarray(o * inside, (o + 1) * inside);
      const own = Array.from(row, (_, i) => values.data[i * out + o]!);
      expect(Math.max(...own.map(Math.abs))).toBe(MAX_INT8_WEIGHT);
      const errors = own.map((w, i) => Math.abs(row[i]! - w * scale.data[o]!));
      expect(Math.max(...errors)).toBeLessThanOrEqual((scale.data[o]! / 2) * (1 + 1e-6));
    }
  });

  it('keeps zeros, and gives an output without any weight the scale 0', () => {
    const { values, scale } = quantizeWeight(tensor('float32', [3, 2], Float32Array.of(0, 0, 0, -8, 1e-45, 0)));
    expect([...values.data]).toEqual([0, 0, 64, 0, -64, 0]);
    expect([...scale.data]).toEqual([0, 0.125, 0]);
  });

  it('does not overflow at the largest floats, and keeps a missing number missing', () => {
    const { values, scale } = quantizeWeight(tensor('float32', [2, 2], Float32Array.of(3.4e38, -3.4e38, NaN, 1)));
    expect([...values.data]).toEqual([64, 0, -64, 0]);
    expect([...scale.data]).toEqual([Math.fround(Math.fround(3.4e38) / 64), NaN]);
  });

  it('refuses what is no matrix', () => {
    expect(() => quantizeWeight(tensor('float32', [2], new Float32Array(2)))).toThrow('expected [out, in], got [2]');
  });
});

describe.each(TINY_MODEL_TYPES)('a trunk of %s in int8', (modelType) => {
  const trunk = tinyTrunk({ modelType });
  const quantized = quantizeTrunk(trunk);

  it('holds the weights of its sites in int8 alone, and shares the others', () => {
    const held = trunk.sites.sites.map(({ module }) => `${module}.weight`);
    expect([...(quantized.int8Weights?.keys() ?? [])].sort()).toEqual([...new Set(held)].sort());
    for (const [name, weight] of trunk.weights)
      expect(quantized.weights.get(name)).toBe(held.includes(name) ? undefined : weight);
  });

  it('answers close to fp32, and the same on both executors', async () => {
    const { onnx, tfjs } = executors();
    const expected = await encode(onnx, trunk);
    const actual = await encode(onnx, quantized);
    expect(relative(actual, expected)).toBeLessThan(0.02);
    expect(relative(await encode(tfjs, quantized), actual)).toBeLessThan(1e-5);
  });
});

async function encode(executor: Executor, trunk: Trunk): Promise<Float32Array> {
  const graph = new Graph('encoder');
  graph.output('x', buildEncoder(graph, trunk, encoderInputs(graph, trunk.config)));
  const program = await executor.compile(graph);
  const ids = [2, 5, 9, 11, 7, 8, 30, 31, 32, 33, 34, 3];
  const shape = [2, ids.length / 2];
  const ints = (values: readonly number[]) => tensor('int32', shape, Int32Array.from(values));
  const { x } = await program.run({
    input_ids: ints(ids),
    position_ids: ints(ids.map((_, i) => i % 6)),
    attention_mask: ints(ids.map(() => 1)),
    ...(trunk.config.tokenTypes > 0 && { token_type_ids: ints(ids.map(() => 0)) }),
  });
  await program.dispose();
  return x!.data as Float32Array;
}

/** |a − b| / |b| */
function relative(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(a.map((x, i) => x - b[i]!)) / norm(b);
}
