import { requireIndices, requireLength } from './checks.js';

/**
 * Counts of rows by true class (line) and predicted class (column): C[i·k + j] rows of class i that were called j.
 *
 * @param truth      [n] classes from 0
 * @param predicted  [n]
 * @param classes    k
 * @returns          [k, k] row-major; its sum is n
 * @throws ValidationError  for lengths that differ and classes outside [0, k)
 */
export function confusionMatrix(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): Uint32Array {
  requireLength('confusionMatrix: predicted', predicted.length, truth.length);
  requireIndices('confusionMatrix: truth', truth, classes);
  requireIndices('confusionMatrix: predicted', predicted, classes);
  const counts = new Uint32Array(classes * classes);
  for (let row = 0; row < truth.length; row++) counts[truth[row]! * classes + predicted[row]!]!++;
  return counts;
}
