import type { LowRank } from './pages.js';

/**
 * What an adapter does to one module, in the algebra of a row:
 * y = o ⊙ (W·(i ⊙ x)) + B·(A·x) + bias + c, with the bias multiplied by o where `scalesBias`.
 *
 * For an embedding table x is one-hot over its rows, so A is [rank, rows] and B [width, rank].
 */
export interface ModuleUpdate {
  readonly lowRank?: LowRank;
  readonly outputScale?: Float32Array; // o [out]
  readonly inputScale?: Float32Array; // i [in]
  readonly scalesBias?: boolean;
  readonly biasDelta?: Float32Array; // c [out]
  /** Parameters that take the place of a layer norm's own. */
  readonly norm?: { readonly gain?: Float32Array; readonly bias?: Float32Array };
}

/** W' [out, in] = diag(o)·W·diag(i) + B·A, in float64 and rounded once. */
export function mergedWeight(
  weight: Float32Array,
  outWidth: number,
  inWidth: number,
  update: ModuleUpdate,
): Float32Array {
  const { lowRank, outputScale, inputScale } = update;
  const merged = new Float32Array(outWidth * inWidth);
  const line = new Float64Array(inWidth);
  for (let out = 0; out < outWidth; out++) {
    const scale = outputScale?.[out] ?? 1;
    for (let at = 0; at < inWidth; at++) line[at] = scale * weight[out * inWidth + at]! * (inputScale?.[at] ?? 1);
    for (let rank = 0; rank < (lowRank?.rank ?? 0); rank++) {
      const factor = lowRank!.b[out * lowRank!.rank + rank]!;
      for (let at = 0; at < inWidth; at++) line[at]! += factor * lowRank!.a[rank * inWidth + at]!;
    }
    merged.set(line, out * inWidth);
  }
  return merged;
}

/** b' [out] = (o ⊙) b + c. */
export function mergedBias(bias: Float32Array, update: ModuleUpdate): Float32Array {
  const { outputScale, biasDelta, scalesBias } = update;
  return bias.map((value, out) => {
    return value * (scalesBias ? (outputScale?.[out] ?? 1) : 1) + (biasDelta?.[out] ?? 0);
  });
}
