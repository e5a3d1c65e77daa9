import { requireLength } from './checks.js';

/**
 * Share of rows whose class is right, in [0, 1]; NaN for no rows.
 *
 * @param truth      [n]
 * @param predicted  [n]
 */
export function accuracy(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireLength('accuracy: predicted', predicted.length, truth.length);
  let right = 0;
  for (let row = 0; row < truth.length; row++) if (truth[row] === predicted[row]) right++;
  return right / truth.length;
}

/** Index of the largest score of each row of [n, classes]; of equal ones the first. */
export function bestClasses(scores: ArrayLike<number>, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = row * classes;
    for (let at = best + 1; at < (row + 1) * classes; at++) if (scores[at]! > scores[best]!) best = at;
    return best - row * classes;
  });
}
