import { expect } from 'vitest';
import type { Tensor } from '../../src/engine/tensor.js';

/**
 * Expects |aᵢ − bᵢ| ≤ tolerance · (1 + |bᵢ|) for every element; NaN equals NaN and an infinity itself. The message shows
 * the worst element.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  let [worst, at] = [0, -1];
  for (let i = 0; i < expected.length; i++) {
    const [a = NaN, b = NaN] = [actual[i], expected[i]];
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / (1 + Math.abs(b));
    if (!(error <= worst)) [worst, at] = [Number.isFinite(b) && !Number.isNaN(error) ? error : Infinity, i];
  }
  const shown = `${what}: element ${at}: ${actual[at]} instead of ${expected[at]}`;
  expect(worst, shown).toBeLessThanOrEqual(tolerance);
}

/** `expectClose` for tensors: dtype and shape too, and exact equality for what is not float32. */
export function expectSameTensor(actual: Tensor, expected: Tensor, tolerance: number, what: string): void {
  expect({ dtype: actual.dtype, shape: [...actual.shape] }, what).toEqual({
    dtype: expected.dtype,
    shape: [...expected.shape],
  });
  expectClose(actual.data, expected.data, expected.dtype === 'float32' ? tolerance : 0, what);
}
