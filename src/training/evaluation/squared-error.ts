import { requireFinite, requireLength } from './checks.js';

/**
 * Mean squared error (1/n) Σ (ŷ − y)², in the values' units squared; NaN for no rows.
 *
 * @param truth      [n]
 * @param predicted  [n]
 * @throws ValidationError  for numbers that are not finite
 */
export function meanSquaredError(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireLength('meanSquaredError: predicted', predicted.length, truth.length);
  requireFinite('meanSquaredError: truth', truth);
  requireFinite('meanSquaredError: predicted', predicted);
  let sum = 0;
  for (let row = 0; row < truth.length; row++) sum += (predicted[row]! - truth[row]!) ** 2;
  return sum / truth.length;
}
