/** Largest number of sweeps; five to ten are needed. */
const SWEEPS = 40;

/**
 * Eigenvalues λ and orthonormal eigenvectors V of a symmetric matrix, A = V · diag(λ) · Vᵀ, by Jacobi's rotations. Sorted
 * by falling |λ|, which are the singular values. Cost: about 10 · n³ multiply-adds a sweep.
 *
 * Golub and Van Loan 2013, "Matrix Computations", 4th ed., §8.5.
 *
 * @param a  [n, n] row-major, left unchanged; only its symmetric part counts
 * @returns  values [n] and vectors [n, n] whose columns are the eigenvectors
 */
export function symmetricEigen(a: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const m = Float64Array.from(a);
  const rows = new Float64Array(n * n); // eigenvectors as rows while they turn
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(m, n) > 1e-22 * squareSum(m); sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(m, rows, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => Math.abs(m[j * n + j]!) - Math.abs(m[i * n + i]!),
  );
  const vectors = new Float64Array(n * n);
  order.forEach((from, column) => {
    for (let i = 0; i < n; i++) vectors[i * n + column] = rows[from * n + i]!;
  });
  return { values: Float64Array.from(order, (i) => m[i * n + i]!), vectors };
}

/** Turns the plane of axes p and q so that m[p, q] becomes 0. */
function rotate(m: Float64Array, rows: Float64Array, n: number, p: number, q: number): void {
  const apq = (m[p * n + q]! + m[q * n + p]!) / 2;
  if (apq === 0) return;
  const theta = (m[q * n + q]! - m[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [m[k * n + p]!, m[k * n + q]!];
    m[k * n + p] = c * x - s * y;
    m[k * n + q] = s * x + c * y;
  }
  turnRows(m, n, { p, q, c, s });
  turnRows(rows, n, { p, q, c, s });
}

function turnRows(x: Float64Array, n: number, { p, q, c, s }: { p: number; q: number; c: number; s: number }): void {
  for (let k = 0; k < n; k++) {
    const [a, b] = [x[p * n + k]!, x[q * n + k]!];
    x[p * n + k] = c * a - s * b;
    x[q * n + k] = s * a + c * b;
  }
}

function offDiagonal(m: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += m[i * n + j]! ** 2 + m[j * n + i]! ** 2;
  return sum;
}

function squareSum(m: Float64Array): number {
  return m.reduce((sum, x) => sum + x * x, 0);
}
