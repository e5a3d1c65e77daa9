import { requireFinite, requireIndices, requireLength } from './checks.js';
import { midRanks } from './ranks.js';

/**
 * Area under the ROC curve: the probability that a random positive has a higher score than a random negative, ties
 * counted half; (R₊ − n₊(n₊ + 1)/2) / (n₊·n₋) with R₊ the sum of the positives' mid-ranks. Exact. In [0, 1], 0.5 by chance.
 * Cost O(n log n).
 *
 * Mann and Whitney 1947; Hanley and McNeil 1982, Radiology 143(1).
 *
 * @param scores     [n] any scale, higher means more positive
 * @param positives  [n] 1 for a positive
 * @returns undefined when all rows are positive or none is: there is no curve then
 * @throws ValidationError  for scores that are not finite
 */
export function aucRoc(scores: ArrayLike<number>, positives: ArrayLike<number>): number | undefined {
  requireLength('aucRoc: positives', positives.length, scores.length);
  requireFinite('aucRoc: scores', scores);
  const ranks = midRanks(scores);
  let [count, sum] = [0, 0];
  for (let row = 0; row < scores.length; row++) {
    if (positives[row] !== 1) continue;
    count++;
    sum += ranks[row]!;
  }
  const others = scores.length - count;
  return count === 0 || others === 0 ? undefined : (sum - (count * (count + 1)) / 2) / (count * others);
}

export interface OneVsRestAuc {
  /** [k] each class against all others. */
  readonly perLabel: readonly (number | undefined)[];
  /** Mean over classes that have a curve; undefined when none has. */
  readonly macro: number | undefined;
  /** The same by the classes' support. */
  readonly weighted: number | undefined;
}

/**
 * AUC of each class against the rest, and their means.
 *
 * @param scores  [n, k] row-major
 * @param truth   [n] classes from 0
 */
export function oneVsRestAuc(scores: ArrayLike<number>, truth: ArrayLike<number>, classes: number): OneVsRestAuc {
  requireLength('oneVsRestAuc: scores', scores.length, truth.length * classes);
  requireIndices('oneVsRestAuc: truth', truth, classes);
  const perLabel: (number | undefined)[] = [];
  let [sum, labels, weightedSum, rows] = [0, 0, 0, 0];
  for (let label = 0; label < classes; label++) {
    const positives = Uint8Array.from(truth, (own) => Number(own === label));
    const own = Float64Array.from(truth, (_, row) => scores[row * classes + label]!);
    const area = aucRoc(own, positives);
    perLabel.push(area);
    if (area === undefined) continue;
    const support = positives.reduce((total, is) => total + is, 0);
    sum += area;
    labels++;
    weightedSum += support * area;
    rows += support;
  }
  const isEmpty = labels === 0;
  return { perLabel, macro: isEmpty ? undefined : sum / labels, weighted: isEmpty ? undefined : weightedSum / rows };
}
