/** Less than this share of a row's length left beside the rows before counts as none. */
const LEAST_SHARE = 1e-12;

/**
 * X = L · Q with orthonormal rows in Q and a lower triangular L, by Gram and Schmidt's projections, done twice for the
 * digits that the first loses. A row that depends on those before it gives a row of zeros in Q. Cost 4 · n² · m.
 *
 * Giraud, Langou and Rozložník 2005, "The loss of orthogonality in the Gram–Schmidt orthogonalization process".
 *
 * @param x  [n, m] row-major, left unchanged
 * @returns  q [n, m] and l [n, n], row-major
 */
export function orthogonalRows(x: Float64Array, n: number, m: number): { q: Float64Array; l: Float64Array } {
  const q = Float64Array.from(x);
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = q.subarray(i * m, (i + 1) * m);
    const least = LEAST_SHARE * Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const before = q.subarray(j * m, (j + 1) * m);
        const share = dot(row, before);
        l[i * n + j]! += share;
        for (let k = 0; k < m; k++) row[k]! -= share * before[k]!;
      }
    }
    const length = Math.sqrt(dot(row, row));
    if (length <= least) row.fill(0);
    else {
      l[i * n + i] = length;
      for (let k = 0; k < m; k++) row[k]! /= length;
    }
  }
  return { q, l };
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
