/** Share of the numbers that are kept, 0 < density ≤ 1. */
export type Density = number;

/**
 * Keeps the ⌊density · n⌋ numbers that are largest in size, zeros in the place of the rest; of equal ones the first.
 * With density 1 all.
 */
export function keepLargest(values: Float64Array, density: Density): Float64Array {
  if (density >= 1) return values;
  const order = Uint32Array.from(values.keys());
  order.sort((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!) || i - j);
  const kept = new Float64Array(values.length);
  for (const at of order.subarray(0, Math.floor(density * values.length))) kept[at] = values[at]!;
  return kept;
}

/**
 * DARE: drops numbers at random and divides those that stay by `density`, which keeps the mean.
 *
 * Yu et al. 2023, "Language Models are Super Mario", arXiv:2311.03099.
 *
 * @param mask  [n] 1 where a number stays
 */
export function dropAtRandom(values: Float64Array, density: Density, mask: ArrayLike<number>): Float64Array {
  if (density >= 1) return values;
  return values.map((value, at) => (mask[at] === 0 ? 0 : value / density));
}
