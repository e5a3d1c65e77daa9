import { ValidationError } from '../../common/errors.js';

/**
 * Weights of labels by their counts, scaled so that their mean over the labels seen is 1. Labels never seen get weight 0.
 *
 * - `balanced`: ∝ 1 / n
 * - `effective`: ∝ (1 − β) / (1 − βⁿ), the inverse of the effective number of examples; β = 0 weighs all alike and β → 1
 *   is `balanced`.
 *
 * Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples", Eq. 2 and §4, arXiv:1901.05555.
 *
 * @param counts  examples of each label
 * @param beta    in [0, 1); for `effective`
 */
export function classWeights(counts: readonly number[], kind: 'balanced' | 'effective', beta = 0.999): number[] {
  if (!(beta >= 0 && beta < 1)) throw new ValidationError(`classWeights: beta: expected [0, 1), got ${beta}`);
  const wrong = counts.find((count) => !(count >= 0 && Number.isFinite(count)));
  if (wrong !== undefined) throw new ValidationError(`classWeights: counts: expected counts from 0, got ${wrong}`);
  const raw = counts.map((n) => (n === 0 ? 0 : kind === 'balanced' ? 1 / n : inverseEffective(n, beta)));
  const seen = counts.filter((n) => n > 0).length;
  const mean = raw.reduce((sum, weight) => sum + weight, 0) / seen;
  return raw.map((weight) => (seen === 0 ? 0 : weight / mean));
}

/** (1 − β) / (1 − βⁿ), with the difference taken by expm1, which keeps its digits for β near 1. */
function inverseEffective(n: number, beta: number): number {
  return beta === 0 ? 1 : (1 - beta) / -Math.expm1(n * Math.log(beta));
}
