import { IncompatibleAdapterError } from '../../common/errors.js';
import type { LowRank } from '../pages.js';
import { mergedWeight, type ModuleUpdate } from '../update.js';
import { expectSize, type FloatTensor } from '../weights.js';

/** What DoRA needs of a layer. */
export interface DoraLayer {
  readonly path: string;
  readonly kind: string;
  readonly in: number;
  readonly out: number;
  weight(): Float32Array;
}

/**
 * Weight-decomposed low-rank adaptation (`use_dora` of LoRA): y = g ⊙ (W·x + s·B·A·x) + b with g = m / ‖W + s·B·A‖, the
 * norm over each output row. The bias is not scaled. g is computed here, once, as it does not depend on the input.
 *
 * Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation", arXiv:2402.09353, §4.
 *
 * @param magnitude  m [out]
 * @param lowRank    s folded into B
 */
export function doraUpdate(layer: DoraLayer, magnitude: FloatTensor, lowRank: LowRank): ModuleUpdate {
  if (layer.kind === 'embedding') {
    const rule = `${layer.path}: DoRA must be on a linear layer, got an embedding table (it scales whole columns of the table)`;
    throw new IncompatibleAdapterError(rule, { param: layer.path });
  }
  const m = expectSize(`${layer.path}.lora_magnitude_vector`, magnitude, layer.out);
  const norms = rowNorms(mergedWeight(layer.weight(), layer.out, layer.in, { lowRank }), layer.out, layer.in);
  const gain = m.map((value, out) => value / requireNorm(layer.path, out, norms[out]!));
  return { outputScale: gain, lowRank: scaledRows(lowRank, gain) };
}

/** diag(g)·B·A. */
export function scaledRows({ rank, a, b }: LowRank, gain: Float32Array): LowRank {
  return { rank, a, b: b.map((value, at) => value * gain[Math.floor(at / rank)]!) };
}

/** Euclidean norm of each row of W [out, in]. */
export function rowNorms(weight: Float32Array, outWidth: number, inWidth: number): Float64Array {
  return Float64Array.from({ length: outWidth }, (_none, out) => {
    let sum = 0;
    for (let at = out * inWidth; at < (out + 1) * inWidth; at++) sum += weight[at]! ** 2;
    return Math.sqrt(sum);
  });
}

function requireNorm(path: string, row: number, norm: number): number {
  if (norm > 0) return norm;
  throw new IncompatibleAdapterError(`${path}: W + s·B·A must have no row of zeros, got one at ${row}`, {
    param: path,
  });
}
