import type { Value } from '../op.js';
import { add } from './add.js';
import { matmul } from './matmul.js';

/**
 * y = x · Wᵀ + b, with the weight as PyTorch stores it.
 *
 * @param x  [..., in]
 * @param w  [out, in]
 * @param b  [out]; absent: 0
 * @returns  [..., out]
 */
export function linear(x: Value, w: Value, b?: Value): Value {
  const y = matmul(x, w, { transposeB: true });
  return b ? add(y, b) : y;
}
