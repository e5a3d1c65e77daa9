import { requireDistributions, requireIndices, requireLength } from './checks.js';

/**
 * Brier score: mean over rows of Σⱼ (pⱼ − yⱼ)² with y the true class as one-hot; in [0, 2], 0 best. For two classes it is
 * twice the score that takes the positive class alone.
 *
 * Brier 1950, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78(1).
 *
 * @param scores  [n, k] probabilities, row-major
 * @param truth   [n] classes from 0
 * @throws ValidationError  for scores that are no probabilities
 */
export function brierScore(scores: ArrayLike<number>, truth: ArrayLike<number>, classes: number): number {
  requireLength('brierScore: scores', scores.length, truth.length * classes);
  requireIndices('brierScore: truth', truth, classes);
  requireDistributions('brierScore: scores', scores, classes);
  let sum = 0;
  for (let at = 0; at < scores.length; at++) {
    const row = Math.floor(at / classes);
    sum += (scores[at]! - Number(at - row * classes === truth[row])) ** 2;
  }
  return sum / truth.length;
}
