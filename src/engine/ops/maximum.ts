import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import { greaterEqual } from './greater-equal.js';
import { where } from './where.js';
import type { NoAttrs } from './unary.js';

export const maximumOp: Op<NoAttrs> = binaryOp({
  name: 'maximum',
  dtypes: ['float32', 'int32'],
  onnx: 'Max',
  eager: (tf, a, b) => tf.maximum(a, b),
  gradient: (dy, a, b) => {
    const first = greaterEqual(a, b);
    return [where(first, dy, 0), where(first, 0, dy)];
  },
});

/** The greater of a and b, broadcast; NaN if either is. At a tie the gradient goes to a. */
export function maximum(a: Operand, b: Operand): Value {
  return applyBinary(maximumOp, a, b);
}
