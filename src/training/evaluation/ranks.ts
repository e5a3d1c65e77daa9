/**
 * Ranks from 1 in ascending order; equal numbers share the mean of the ranks they take up together (mid-ranks). The sum is
 * n(n + 1)/2 whatever the ties. Cost O(n log n).
 *
 * @param numbers  [n] without NaN
 * @returns        [n]
 */
export function midRanks(numbers: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: numbers.length }, (_, at) => at);
  order.sort((a, b) => numbers[a]! - numbers[b]!);
  const ranks = new Float64Array(numbers.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && numbers[order[end]!] === numbers[order[start]!]) end++;
    for (let at = start; at < end; at++) ranks[order[at]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
