import type { Expected } from './golden-set.js';

/** The largest |got − expected|; a NaN on either side counts as infinite, and so does another length. */
export function maxDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** `expected[row, from:to]` of a tensor [rows, n, …], flattened. */
export function sliceOf(expected: Expected, row: number, from: number, to: number): Float32Array {
  const [, length = 0, ...rest] = expected.shape;
  const width = rest.reduce((product, size) => product * size, 1);
  const start = row * length * width;
  return expected.data.subarray(start + from * width, start + to * width);
}

/** `expected[row]` of a tensor [rows, …], flattened. */
export function rowOf(expected: Expected, row: number): Float32Array {
  const width = expected.data.length / (expected.shape[0] ?? 1);
  return expected.data.subarray(row * width, (row + 1) * width);
}

/** x / max(‖x‖₂, 1e-12) */
export function normalised(x: Float32Array): Float32Array {
  const length = Math.max(Math.hypot(...x), 1e-12);
  return x.map((value) => value / length);
}
