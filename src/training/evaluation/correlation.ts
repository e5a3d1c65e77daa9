import { requireFinite, requireLength } from './checks.js';
import { midRanks } from './ranks.js';

/**
 * Pearson's correlation Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² · Σ(y − ȳ)²), in [−1, 1]. Means are taken off first (two passes), so
 * that a large common offset does not eat the digits.
 *
 * @param x  [n]
 * @param y  [n]
 * @returns undefined for fewer than two rows or when x or y is constant
 * @throws ValidationError  for numbers that are not finite
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  requireLength('pearson: y', y.length, x.length);
  requireFinite('pearson: x', x);
  requireFinite('pearson: y', y);
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  let [products, squaresX, squaresY] = [0, 0, 0];
  for (let row = 0; row < x.length; row++) {
    const [dx, dy] = [x[row]! - meanX, y[row]! - meanY];
    products += dx * dy;
    squaresX += dx * dx;
    squaresY += dy * dy;
  }
  if (isConstant(x) || isConstant(y) || squaresX === 0 || squaresY === 0) return undefined;
  return Math.max(-1, Math.min(1, products / (Math.sqrt(squaresX) * Math.sqrt(squaresY))));
}

/**
 * Spearman's rank correlation: Pearson's of the mid-ranks. 1 for any rising relation; ties share their mean rank.
 *
 * Spearman 1904, "The proof and measurement of association between two things".
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  requireFinite('spearman: x', x);
  requireFinite('spearman: y', y);
  return pearson(midRanks(x), midRanks(y));
}

function meanOf(x: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < x.length; row++) sum += x[row]!;
  return sum / x.length;
}

/** Asked of the numbers themselves: the rounded mean of equal numbers may differ from them. True for fewer than two. */
function isConstant(x: ArrayLike<number>): boolean {
  for (let row = 1; row < x.length; row++) if (x[row] !== x[0]) return false;
  return true;
}
