import { dot, orthogonalRows } from './orthogonal-rows.js';

/** X = Σₖ values[k] · left[k]ᵀ · right[k], values falling; vectors of values that are 0 are 0. */
export interface SingularValues {
  readonly values: Float64Array; // [k]
  readonly left: Float64Array; // [k, rows]
  readonly right: Float64Array; // [k, columns]
}

/** Largest number of sweeps; six to twelve are needed. */
const SWEEPS = 60;
const EPSILON = 2.3e-16;

/**
 * The singular value decomposition of a small dense matrix: the longer side is taken away by orthogonal rows first, then
 * Hestenes' one-sided Jacobi turns pairs of rows until all are orthogonal. Small values are accurate relative to their
 * columns. Cost about 10 sweeps of 3 · k³, k the shorter side.
 *
 * Golub and Van Loan 2013, "Matrix Computations", 4th ed., §8.6.3.
 *
 * @param x  [rows, columns] row-major, left unchanged
 */
export function singularValues(x: Float64Array, rows: number, columns: number): SingularValues {
  if (rows > columns) {
    const { values, left, right } = singularValues(transposed(x, rows, columns), columns, rows);
    return { values, left: right, right: left };
  }
  const { q, l } = orthogonalRows(x, rows, columns);
  const small = jacobi(transposed(l, rows, rows), rows); // Lᵀ: its rows are near orthogonal already
  return { values: small.values, left: small.right, right: product(small.left, q, rows, columns) };
}

/** Rows of m become orthogonal by turns J: J · m = diag(values) · right, so m = Jᵀ · diag(values) · right. */
function jacobi(m: Float64Array, n: number): SingularValues {
  const turned = Float64Array.from(m);
  const turns = new Float64Array(n * n);
  const noise = EPSILON * EPSILON * dot(m, m); // of a squared length: such a row is zero, rounding apart
  for (let i = 0; i < n; i++) turns[i * n + i] = 1;
  for (let sweep = 0, isDone = false; sweep < SWEEPS && !isDone; sweep++) {
    isDone = true;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) if (turnPair({ turned, turns, n, noise }, p, q)) isDone = false;
  }
  return sorted(turned, turns, n);
}

interface Turning {
  readonly turned: Float64Array;
  readonly turns: Float64Array;
  readonly n: number;
  readonly noise: number;
}

/** Makes rows p and q orthogonal; false when they are. */
function turnPair({ turned, turns, n, noise }: Turning, p: number, q: number): boolean {
  const [x, y] = [row(turned, p, n), row(turned, q, n)];
  const [xx, yy, xy] = [dot(x, x), dot(y, y), dot(x, y)];
  if (xx <= noise || yy <= noise || Math.abs(xy) <= EPSILON * n * Math.sqrt(xx * yy)) return false;
  const zeta = (yy - xx) / (2 * xy);
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  turn(x, y, c, c * t);
  turn(row(turns, p, n), row(turns, q, n), c, c * t);
  return true;
}

function turn(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let k = 0; k < x.length; k++) {
    const [a, b] = [x[k]!, y[k]!];
    x[k] = c * a - s * b;
    y[k] = s * a + c * b;
  }
}

function sorted(turned: Float64Array, turns: Float64Array, n: number): SingularValues {
  const lengths = Array.from({ length: n }, (_, i) => Math.sqrt(dot(row(turned, i, n), row(turned, i, n))));
  const order = lengths.map((_, i) => i).sort((i, j) => lengths[j]! - lengths[i]!);
  const [left, right] = [new Float64Array(n * n), new Float64Array(n * n)];
  order.forEach((from, k) => {
    if (lengths[from] === 0) return;
    left.set(row(turns, from, n), k * n);
    right.set(
      row(turned, from, n).map((value) => value / lengths[from]!),
      k * n,
    );
  });
  return { values: Float64Array.from(order, (i) => lengths[i]!), left, right };
}

function row(x: Float64Array, i: number, n: number): Float64Array {
  return x.subarray(i * n, (i + 1) * n);
}

/** [rows, columns] → [columns, rows] */
export function transposed(x: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j]!;
  return out;
}

/** left [rows, inner] · right [inner, columns], inner and columns by `right` */
export function product(left: Float64Array, right: Float64Array, inner: number, columns: number): Float64Array {
  const rows = left.length / inner;
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const line = out.subarray(i * columns, (i + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = left[i * inner + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++) line[j]! += factor * right[k * columns + j]!;
    }
  }
  return out;
}
