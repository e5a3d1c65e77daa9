import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { orthogonalRows } from './orthogonal-rows.js';
import { product, singularValues, transposed } from './singular-values.js';

const random = new SeededRandom(4);
const matrix = (rows: number, columns: number): Float64Array => Float64Array.from(random.floats(rows * columns));
const largest = (x: Float64Array): number => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const minus = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, at) => value - y[at]!);
const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));

function rebuilt(x: Float64Array, rows: number, columns: number): Float64Array {
  const { values, left, right } = singularValues(x, rows, columns);
  const scaled = right.map((value, at) => value * values[Math.floor(at / columns)]!);
  return product(transposed(left, values.length, rows), scaled, values.length, columns);
}

describe('singular values', () => {
  it.each([
    [1, 1],
    [5, 5],
    [3, 17],
    [17, 3],
    [40, 24],
  ])('[%i, %i]: the parts give the matrix back, vectors are orthonormal, values fall', (rows, columns) => {
    const x = matrix(rows, columns);
    const { values, left, right } = singularValues(x, rows, columns);
    const k = Math.min(rows, columns);
    expect(largest(minus(rebuilt(x, rows, columns), x))).toBeLessThan(1e-13);
    expect(largest(minus(product(left, transposed(left, k, rows), rows, k), identity(k)))).toBeLessThan(1e-13);
    expect(largest(minus(product(right, transposed(right, k, columns), columns, k), identity(k)))).toBeLessThan(1e-13);
    expect([...values].sort((a, b) => b - a)).toEqual([...values]);
  });

  it('of a diagonal are its sizes', () => {
    const { values } = singularValues(Float64Array.of(2, 0, 0, 0, -5, 0, 0, 0, 0.5), 3, 3);
    expect([...values]).toEqual([5, 2, 0.5]);
  });

  it('of fewer ranks than the side end in zeros', () => {
    const x = product(matrix(12, 3), matrix(3, 9), 3, 9);
    const { values } = singularValues(x, 12, 9);
    expect(values[2]).toBeGreaterThan(0.01);
    expect(values[3]).toBeLessThan(1e-14);
    expect(largest(minus(rebuilt(x, 12, 9), x))).toBeLessThan(1e-13);
  });

  it('of zeros are zeros, and so are the vectors', () => {
    const { values, left } = singularValues(new Float64Array(12), 3, 4);
    expect([...values, ...left].every((value) => value === 0)).toBe(true);
  });

  it('are kept over ten orders of magnitude', () => {
    const { q } = orthogonalRows(matrix(4, 4), 4, 4);
    const sizes = [1e5, 1, 1e-3, 1e-5];
    const x = product(
      transposed(q, 4, 4),
      q.map((value, at) => value * sizes[Math.floor(at / 4)]!),
      4,
      4,
    );
    singularValues(x, 4, 4).values.forEach((value, at) => expect(value / sizes[at]!).toBeCloseTo(1, 5));
  });
});

describe('orthogonal rows', () => {
  it('a row that depends on those before it becomes zero', () => {
    const { q, l } = orthogonalRows(Float64Array.of(1, 2, 2, 2, 4, 4, 0, 1, 0), 3, 3);
    expect([...q.subarray(3, 6)]).toEqual([0, 0, 0]);
    expect(largest(minus(product(l, q, 3, 3), Float64Array.of(1, 2, 2, 2, 4, 4, 0, 1, 0)))).toBeLessThan(1e-15);
  });
});
