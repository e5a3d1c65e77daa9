import { ValidationError } from '../../common/errors.js';

/**
 * Solves A·X = B for a symmetric positive definite A, by A = L·Lᵀ.
 *
 * @param a        [n, n], of which the lower triangle is read
 * @param b        [n, columns]
 * @returns        X [n, columns]
 * @throws ValidationError  when A is not positive definite
 */
export function solvePositive(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const l = cholesky(a, n);
  const columns = b.length / n;
  const x = Float64Array.from(b);
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < row; k++) addRow(x, { to: row, from: k, factor: -l[row * n + k]!, columns });
    scaleRow(x, row, 1 / l[row * n + row]!, columns);
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) addRow(x, { to: row, from: k, factor: -l[k * n + row]!, columns });
    scaleRow(x, row, 1 / l[row * n + row]!, columns);
  }
  return x;
}

/** The lower triangle L with A = L·Lᵀ, zeros above. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = a[row * n + column]!;
      for (let k = 0; k < column; k++) sum -= l[row * n + k]! * l[column * n + k]!;
      if (column < row) {
        l[row * n + column] = sum / l[column * n + column]!;
        continue;
      }
      if (!(sum > 0))
        throw new ValidationError(`matrix: expected a positive definite one, got pivot ${sum} in row ${row}`);
      l[row * n + row] = Math.sqrt(sum);
    }
  }
  return l;
}

interface RowSum {
  readonly to: number;
  readonly from: number;
  readonly factor: number;
  readonly columns: number;
}

function addRow(x: Float64Array, { to, from, factor, columns }: RowSum): void {
  if (factor === 0) return;
  for (let c = 0; c < columns; c++) x[to * columns + c]! += factor * x[from * columns + c]!;
}

function scaleRow(x: Float64Array, row: number, factor: number, columns: number): void {
  for (let c = 0; c < columns; c++) x[row * columns + c]! *= factor;
}
