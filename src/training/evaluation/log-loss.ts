import { requireDistributions, requireIndices, requireLength } from './checks.js';

/** Probabilities below this count as this, so that one sure mistake does not make the mean infinite: 36 nats at most. */
const LEAST = Number.EPSILON;

/**
 * Log loss: mean over rows of −ln p(true class), in nats; 0 best, ln k for a uniform answer.
 *
 * @param scores  [n, k] probabilities, row-major
 * @param truth   [n] classes from 0
 * @throws ValidationError  for scores that are no probabilities
 */
export function logLoss(scores: ArrayLike<number>, truth: ArrayLike<number>, classes: number): number {
  requireLength('logLoss: scores', scores.length, truth.length * classes);
  requireIndices('logLoss: truth', truth, classes);
  requireDistributions('logLoss: scores', scores, classes);
  let sum = 0;
  for (let row = 0; row < truth.length; row++) {
    sum -= Math.log(Math.max(LEAST, Math.min(1, scores[row * classes + truth[row]!]!)));
  }
  return sum / truth.length;
}
