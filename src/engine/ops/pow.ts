import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import { equal } from './equal.js';
import { greater } from './greater.js';
import { log } from './log.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { where } from './where.js';
import type { NoAttrs } from './unary.js';

export const powOp: Op<NoAttrs> = binaryOp({
  name: 'pow',
  dtypes: ['float32'],
  onnx: 'Pow',
  eager: (tf, a, b) => tf.pow(a, b),
  gradient: (dy, a, b, y) => [
    mul(dy, where(equal(b, 0), 0, mul(b, pow(a, sub(b, 1))))),
    mul(dy, where(greater(a, 0), mul(y, log(a)), 0)),
  ],
});

/** aᵇ, broadcast; NaN for a < 0 and a fractional b; 1 to the power of NaN is 1 or NaN, as the platform has it. The
 * gradient by b is 0 where a ≤ 0. */
export function pow(a: Operand, b: Operand): Value {
  return applyBinary(powOp, a, b);
}
