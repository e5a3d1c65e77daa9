import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { inverseOfCholesky } from './cholesky.js';
import { symmetricEigen } from './symmetric-eigen.js';

const product = (a: ArrayLike<number>, b: ArrayLike<number>, n: number): number[] =>
  Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Array.from({ length: n }, (_, k) => a[i * n + k]! * b[k * n + j]!).reduce((sum, x) => sum + x, 0);
  });
const transposed = (a: ArrayLike<number>, n: number): number[] =>
  Array.from({ length: n * n }, (_, at) => a[(at % n) * n + Math.floor(at / n)]!);
const identity = (n: number): number[] => Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
const near = (x: readonly number[]) => x.map((value) => expect.closeTo(value, 9));
const random = (n: number): Float64Array => Float64Array.from(new SeededRandom(n).floats(n * n));

describe('eigenvectors of a symmetric matrix', () => {
  it('are known for a small one, largest size first, of either sign', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(1, 4, 4, 1), 2); // 5 along (1, 1), −3 along (1, −1)
    expect([...values]).toEqual(near([5, -3]));
    expect([vectors[0]! / vectors[2]!, vectors[1]! / vectors[3]!]).toEqual(near([1, -1]));
  });

  it.each([1, 2, 7, 24])('give the matrix back and are orthonormal: n = %i', (n) => {
    const a = random(n);
    const symmetric = Float64Array.from(a, (x, at) => x + transposed(a, n)[at]!);
    const { values, vectors } = symmetricEigen(symmetric, n);
    const scaled = vectors.map((x, at) => x * values[at % n]!);
    expect(product(scaled, transposed(vectors, n), n)).toEqual(near([...symmetric]));
    expect(product(transposed(vectors, n), vectors, n)).toEqual(near(identity(n)));
  });

  it('of zeros and of a multiple of the identity are any basis', () => {
    expect([...symmetricEigen(new Float64Array(4), 2).values]).toEqual([0, 0]);
    expect([...symmetricEigen(Float64Array.of(3, 0, 0, 3), 2).values]).toEqual([3, 3]);
  });
});

describe('the inverse of a Cholesky factor', () => {
  it.each([1, 3, 12])('makes columns orthonormal: n = %i', (n) => {
    const x = random(n);
    const inverse = inverseOfCholesky(Float64Array.from(product(transposed(x, n), x, n)), n);
    const basis = product(x, inverse, n);
    product(transposed(basis, n), basis, n).forEach((value, at) => expect(value).toBeCloseTo(identity(n)[at]!, 5));
  });

  it('leaves out columns that depend on those before them', () => {
    expect([...inverseOfCholesky(Float64Array.of(1, 1, 1, 1), 2)]).toEqual(near([1, 0, 0, 0]));
    expect([...inverseOfCholesky(Float64Array.of(0, 0, 0, 4), 2)]).toEqual(near([0, 0, 0, 0.5]));
  });
});
