import { requireFinite, requireLength } from './checks.js';

/**
 * Mean absolute error (1/n) Σ |ŷ − y|, in the values' units; NaN for no rows.
 *
 * @param truth      [n]
 * @param predicted  [n]
 * @throws ValidationError  for numbers that are not finite
 */
export function meanAbsoluteError(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireLength('meanAbsoluteError: predicted', predicted.length, truth.length);
  requireFinite('meanAbsoluteError: truth', truth);
  requireFinite('meanAbsoluteError: predicted', predicted);
  let sum = 0;
  for (let row = 0; row < truth.length; row++) sum += Math.abs(predicted[row]! - truth[row]!);
  return sum / truth.length;
}
