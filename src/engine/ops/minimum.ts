import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import { lessEqual } from './less-equal.js';
import { where } from './where.js';
import type { NoAttrs } from './unary.js';

export const minimumOp: Op<NoAttrs> = binaryOp({
  name: 'minimum',
  dtypes: ['float32', 'int32'],
  onnx: 'Min',
  eager: (tf, a, b) => tf.minimum(a, b),
  gradient: (dy, a, b) => {
    const first = lessEqual(a, b);
    return [where(first, dy, 0), where(first, 0, dy)];
  },
});

/** The lesser of a and b, broadcast; NaN if either is. At a tie the gradient goes to a. */
export function minimum(a: Operand, b: Operand): Value {
  return applyBinary(minimumOp, a, b);
}
