import { ShapeError } from '../common/errors.js';
import { MAX_INT8_WEIGHT } from '../engine/ops/linear-int8.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import type { Int8Weight, Trunk } from './base-model.js';

/**
 * A trunk whose sites compute in int8. Only they change: nine tenths of the work, and every one a product. Embeddings are
 * looked up, norms and biases are added, heads decide, and adapters are small; all of these stay in float32. The float
 * weights of the sites are left out, so that they can be freed.
 */
export function quantizeTrunk<T extends Trunk>(trunk: T): T {
  const weights = new Map(trunk.weights);
  const int8Weights = new Map(trunk.int8Weights);
  for (const { module } of trunk.sites.sites) {
    const name = `${module}.weight`;
    const held = weights.get(name);
    if (!held) continue;
    int8Weights.set(name, quantizeWeight(held));
    weights.delete(name);
  }
  return { ...trunk, weights, int8Weights };
}

/**
 * A weight in seven bits with a scale for each output, symmetric: scale[o] = max |W[o, ·]| / 64 and
 * w[i, o] = round(W[o, i] / scale[o]); so |W − w·scale| ≤ scale/2 everywhere, and zero stays zero. An output without any
 * weight has scale 0.
 *
 * @param weight  [out, in]
 * @returns values int8 [in, out] and scale [out]
 * @throws ShapeError  when the weight is no matrix
 */
export function quantizeWeight({ shape, data }: Tensor<'float32'>): Int8Weight {
  const [out, inside] = shape;
  if (shape.length !== 2 || out === undefined || inside === undefined)
    throw new ShapeError(`quantizeWeight: weight: expected [out, in], got [${shape.join(', ')}]`);
  const values = new Int8Array(inside * out);
  const scale = new Float32Array(out);
  for (let o = 0; o < out; o++) {
    const row = data.subarray(o * inside, (o + 1) * inside);
    const largest = row.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    scale[o] = largest / MAX_INT8_WEIGHT;
    if (largest === 0) continue;
    for (let i = 0; i < inside; i++) values[i * out + o] = Math.round(((row[i] ?? 0) / largest) * MAX_INT8_WEIGHT);
  }
  return { values: tensor('int8', [inside, out], values), scale: tensor('float32', [out], scale) };
}
