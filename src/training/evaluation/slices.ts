import { requireLength } from './checks.js';

/** Row numbers of each slice by name, in the order of the names; rows without a slice are in none. */
export function rowsBySlice(slices: readonly (string | undefined)[], rows: number): Map<string, Uint32Array> {
  requireLength('slices', slices.length, rows);
  const found = new Map<string, number[]>();
  slices.forEach((slice, row) => {
    if (slice === undefined) return;
    const own = found.get(slice);
    if (own) own.push(row);
    else found.set(slice, [row]);
  });
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([slice, own]) => [slice, Uint32Array.from(own)]));
}

/** The given rows of [n, width]. */
export function takeRows(numbers: ArrayLike<number>, rows: Uint32Array, width: number): Float64Array {
  const taken = new Float64Array(rows.length * width);
  rows.forEach((row, to) => {
    for (let at = 0; at < width; at++) taken[to * width + at] = numbers[row * width + at]!;
  });
  return taken;
}
