/** A column of which less than this share (of its squared length) is left beside the columns before it counts as dependent. */
const LEAST_SHARE = 1e-6;

/**
 * R⁻¹ for the upper triangular R with A = RᵀR, so that X · R⁻¹ has orthonormal columns when A = XᵀX. A column of X that
 * depends on those before it gives a column of zeros, here and in X · R⁻¹.
 *
 * Golub and Van Loan 2013, "Matrix Computations", 4th ed., §4.2.
 *
 * @param a  [n, n] row-major, symmetric and positive semi-definite
 * @returns  [n, n] row-major, upper triangular
 */
export function inverseOfCholesky(a: Float64Array, n: number): Float64Array {
  const lower = factor(a, n); // A = L · Lᵀ, R = Lᵀ; the diagonal of a dependent column is 0
  const upper = new Float64Array(n * n); // L⁻¹, transposed
  for (let i = 0; i < n; i++) {
    const diagonal = lower[i * n + i]!;
    if (diagonal === 0) continue;
    upper[i * n + i] = 1 / diagonal;
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum += lower[i * n + k]! * upper[j * n + k]!;
      upper[j * n + i] = -sum / diagonal;
    }
  }
  return upper;
}

function factor(a: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= lower[i * n + k]! * lower[j * n + k]!;
      const diagonal = lower[j * n + j]!;
      if (i !== j) lower[i * n + j] = diagonal === 0 ? 0 : rest / diagonal;
      else if (rest > LEAST_SHARE * a[i * n + i]!) lower[i * n + i] = Math.sqrt(rest);
    }
  }
  return lower;
}
