/** Arrays of one length, each with the weight of its member. */
export interface Weighted {
  readonly values: Float64Array;
  readonly weight: number;
}

/** Who wins the sign of a number: the larger sum, or the larger count; named as PEFT's `majority_sign_method`. */
export const SIGN_MAJORITIES = ['total', 'frequency'] as const;
export type SignMajority = (typeof SIGN_MAJORITIES)[number];

/** Σ wᵢ · xᵢ, number by number. */
export function weightedSum(parts: readonly Weighted[]): Float64Array {
  const sum = new Float64Array(parts[0]?.values.length ?? 0);
  for (const { values, weight } of parts) for (let at = 0; at < sum.length; at++) sum[at]! += weight * values[at]!;
  return sum;
}

/**
 * TIES: for each number a sign is elected, and the weighted numbers of that sign are averaged over how many there are.
 *
 * The election counts numbers as they are, not by their weight, as PEFT has it; a negative weight turns a member's numbers
 * around first, which PEFT leaves out: there a member that is taken away votes for what it is taken away from. A tie is +.
 *
 * Yadav et al. 2023, "TIES-Merging: Resolving Interference When Merging Models", §4, arXiv:2306.01708.
 */
export function electedMean(parts: readonly Weighted[], majority: SignMajority): Float64Array {
  const length = parts[0]?.values.length ?? 0;
  const turned = parts.map(({ weight }) => (weight < 0 ? -1 : 1));
  return Float64Array.from({ length }, (_, at) => {
    let votes = 0;
    parts.forEach(({ values }, i) => {
      const value = turned[i]! * values[at]!;
      votes += majority === 'total' ? value : Math.sign(value);
    });
    const elected = votes >= 0 ? 1 : -1;
    let [sum, count] = [0, 0];
    parts.forEach(({ values, weight }, i) => {
      if (Math.sign(turned[i]! * values[at]!) !== elected) return;
      sum += weight * values[at]!;
      count++;
    });
    return sum / Math.max(1, count);
  });
}
