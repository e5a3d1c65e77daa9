import { dot } from './orthogonal-rows.js';

/** ΔW = Bᵀ · A with the ranks as rows of both, so that ranks are put side by side by putting arrays one after the other. */
export interface Ranks {
  readonly rank: number;
  readonly a: Float64Array; // [rank, in]
  readonly b: Float64Array; // [rank, out]
}

/** ‖Σ over `parts` of sign · ΔW‖² (Frobenius), without any ΔW: (rank)² · (in + out) multiply-adds. */
export function squaredNorm(parts: readonly { readonly sign: number; readonly ranks: Ranks }[]): number {
  let sum = 0;
  for (const left of parts)
    for (const right of parts) sum += left.sign * right.sign * innerProduct(left.ranks, right.ranks);
  return Math.max(0, sum);
}

function innerProduct(x: Ranks, y: Ranks): number {
  if (x.rank === 0 || y.rank === 0) return 0;
  const [inWidth, out] = [x.a.length / x.rank, x.b.length / x.rank];
  let sum = 0;
  for (let i = 0; i < x.rank; i++) {
    for (let j = 0; j < y.rank; j++) {
      const alongA = dot(x.a.subarray(i * inWidth, (i + 1) * inWidth), y.a.subarray(j * inWidth, (j + 1) * inWidth));
      if (alongA === 0) continue;
      sum += alongA * dot(x.b.subarray(i * out, (i + 1) * out), y.b.subarray(j * out, (j + 1) * out));
    }
  }
  return sum;
}
