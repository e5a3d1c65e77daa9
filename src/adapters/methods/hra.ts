import { IncompatibleAdapterError } from '../../common/errors.js';
import { booleanKey, integerKey } from '../config.js';
import { honoured, ignored, type KeyRules } from '../key-rules.js';
import type { LowRank } from '../pages.js';
import { biasRule, TARGET_KEYS } from '../peft-format.js';
import { tuner } from '../peft-tuner.js';
import { expectShape } from '../weights.js';

const KEYS: KeyRules = {
  ...TARGET_KEYS,
  ...biasRule('hra_only'),
  r: honoured,
  apply_GS: honoured,
  init_weights: ignored('used only when the vectors are initialised'),
};

/** Vectors u₁ … u_r of unit length, the columns of `stored` [in, r]; orthogonal to those before where `orthogonal`. */
function unitVectors(
  path: string,
  stored: Float32Array,
  inWidth: number,
  rank: number,
  orthogonal: boolean,
): Float64Array[] {
  const units: Float64Array[] = [];
  for (let column = 0; column < rank; column++) {
    const u = Float64Array.from({ length: inWidth }, (_none, at) => stored[at * rank + column]!);
    for (const before of orthogonal ? units : []) addScaled(u, before, -dot(before, u));
    const length = Math.sqrt(dot(u, u));
    if (length === 0)
      throw new IncompatibleAdapterError(`${path}.hra_u: vectors must not be zero, got one at ${column}`, {
        param: path,
      });
    units.push(u.map((value) => value / length));
  }
  return units;
}

/**
 * The change W·(H₁⋯H_r − I) of a chain of reflections Hᵢ = I − 2·uᵢ·uᵢᵀ as a low-rank update, exactly:
 * H₁⋯H_r − I = Σᵢ vᵢ·uᵢᵀ with vᵢ = −2·H₁⋯Hᵢ₋₁·uᵢ = −2·(uᵢ + Σ_{j<i} (uⱼ·uᵢ)·vⱼ).
 *
 * With orthogonal u the chain is I − 2·Σ uᵢ·uᵢᵀ, the same formula.
 *
 * @returns  A = the uᵢ [r, in], B = W·[v₁ … v_r] [out, r]
 */
export function reflections(weight: Float32Array, outWidth: number, units: readonly Float64Array[]): LowRank {
  const rank = units.length;
  const inWidth = units[0]?.length ?? 0;
  const chain: Float64Array[] = [];
  for (const u of units) {
    const v = Float64Array.from(u);
    chain.forEach((before, j) => addScaled(v, before, dot(units[j]!, u)));
    chain.push(v.map((value) => -2 * value));
  }
  const a = new Float32Array(rank * inWidth);
  units.forEach((u, at) => a.set(u, at * inWidth));
  const b = new Float32Array(outWidth * rank);
  for (let out = 0; out < outWidth; out++) {
    const row = weight.subarray(out * inWidth, (out + 1) * inWidth);
    chain.forEach((v, at) => (b[out * rank + at] = dot(row, v)));
  }
  return { rank, a, b };
}

function dot(a: Float32Array | Float64Array, b: Float64Array): number {
  return b.reduce((sum, value, at) => sum + value * a[at]!, 0);
}

function addScaled(target: Float64Array, other: Float64Array, factor: number): void {
  other.forEach((value, at) => (target[at]! += factor * value));
}

/**
 * Householder reflection adaptation: y = W·H₁⋯H_r·x + b.
 *
 * u is stored [in, r]. Yuan et al. 2024, "Bridging The Gap between Low-rank and Orthogonal Adaptation via Householder
 * Reflection Adaptation", arXiv:2405.17484.
 */
export const hra = tuner<'u'>({
  name: 'hra',
  type: 'HRA',
  keys: KEYS,
  params: { u: 'hra_u' },
  kinds: ['site', 'head'],
  ranks: ({ layers }) => [...layers.values()].map(({ u }) => u?.shape[1] ?? 0),
  update(layer) {
    const rank = integerKey(layer.config, 'r', 1, 8);
    const u = layer.require('u');
    expectShape(`${layer.path}.hra_u`, u, [layer.in, rank]);
    const units = unitVectors(layer.path, u.data, layer.in, rank, booleanKey(layer.config, 'apply_GS', false));
    return { lowRank: reflections(layer.weight(), layer.out, units) };
  },
});
