import { ValidationError } from '../../common/errors.js';
import { requireLength } from './checks.js';

export interface McNemar {
  /** Rows only the first system has right, and only the second. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided probability of a split at least so uneven when both are right equally often; 1 when they never differ. */
  readonly p: number;
}

/**
 * McNemar's exact test of two systems on the same rows: of the rows where just one is right, the count of the first is
 * binomial with ½ if neither is better. p = min(1, 2·P(X ≤ min(b, c))), X ~ B(b + c, ½).
 *
 * McNemar 1947, Psychometrika 12(2); the exact form: Fagerland, Lydersen and Laake 2013, BMC Med. Res. Methodol. 13:91.
 *
 * @param first   [n] 1 where the first system is right
 * @param second  [n] the same of the second
 */
export function mcnemar(first: ArrayLike<number>, second: ArrayLike<number>): McNemar {
  requireLength('mcnemar: second', second.length, first.length);
  let [onlyFirst, onlySecond] = [0, 0];
  for (let row = 0; row < first.length; row++) {
    if (first[row] === 1 && second[row] !== 1) onlyFirst++;
    if (first[row] !== 1 && second[row] === 1) onlySecond++;
  }
  return { onlyFirst, onlySecond, p: exactP(onlyFirst, onlySecond) };
}

/** Terms C(n, i)·2⁻ⁿ from i = min(b, c) down, each from the one before; the first by logarithms, so that none overflows. */
export function exactP(b: number, c: number): number {
  if (!(Number.isSafeInteger(b) && Number.isSafeInteger(c) && b >= 0 && c >= 0)) {
    throw new ValidationError(`mcnemar: expected counts from 0, got ${b} and ${c}`);
  }
  const [n, least] = [b + c, Math.min(b, c)];
  let logTerm = -n * Math.LN2;
  for (let i = 1; i <= least; i++) logTerm += Math.log((n - least + i) / i);
  let [term, sum] = [Math.exp(logTerm), 0];
  for (let i = least; i >= 0; i--) {
    sum += term;
    term *= i / (n - i + 1);
  }
  return Math.min(1, 2 * sum);
}
