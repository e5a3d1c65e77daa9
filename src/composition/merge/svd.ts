import type { Ranks } from './factors.js';
import { orthogonalRows } from './orthogonal-rows.js';
import { product, singularValues, transposed, type SingularValues } from './singular-values.js';

/** A low-rank update that was cut to fewer ranks. */
export interface CutRanks {
  readonly ranks: Ranks;
  /** ‖what was cut‖² (Frobenius). */
  readonly lost: number;
}

/**
 * The best update of `rank` ranks for a low-rank one, B = U · Σ and A = Vᵀ (Eckart and Young 1936). ΔW is never built: the
 * factors are made orthogonal and the small matrix between them is decomposed, r² · (in + out) + r³ for r ranks given.
 */
export function cutRanks({ rank, a, b }: Ranks, to: number): CutRanks {
  const [inWidth, out] = [a.length / rank, b.length / rank];
  const right = orthogonalRows(a, rank, inWidth);
  const left = orthogonalRows(b, rank, out);
  const middle = product(transposed(left.l, rank, rank), right.l, rank, rank); // ΔW = Q_bᵀ · (L_bᵀ · L_a) · Q_a
  const small = singularValues(middle, rank, rank);
  const spread = { left: product(small.left, left.q, rank, out), right: product(small.right, right.q, rank, inWidth) };
  return cut({ values: small.values, ...spread }, to, inWidth, out);
}

/** The same for ΔW [out, in] itself. */
export function cutDelta(delta: Float64Array, out: number, inWidth: number, to: number): CutRanks {
  return cut(singularValues(delta, out, inWidth), to, inWidth, out);
}

function cut({ values, left, right }: SingularValues, to: number, inWidth: number, out: number): CutRanks {
  const rank = Math.min(to, values.length);
  const b = left.slice(0, rank * out).map((value, at) => value * values[Math.floor(at / out)]!);
  const lost = values.subarray(rank).reduce((sum, value) => sum + value * value, 0);
  return { ranks: { rank, a: right.slice(0, rank * inWidth), b }, lost };
}
