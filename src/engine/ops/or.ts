import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const orOp: Op<NoAttrs> = binaryOp({
  name: 'or',
  dtypes: ['bool'],
  result: 'bool',
  onnx: 'Or',
  eager: (tf, a, b) => tf.logicalOr(a, b),
});

/** a ∨ b, broadcast. */
export function or(a: Operand, b: Operand): Value {
  return applyBinary(orOp, a, b);
}
