import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const andOp: Op<NoAttrs> = binaryOp({
  name: 'and',
  dtypes: ['bool'],
  result: 'bool',
  onnx: 'And',
  eager: (tf, a, b) => tf.logicalAnd(a, b),
});

/** a ∧ b, broadcast. */
export function and(a: Operand, b: Operand): Value {
  return applyBinary(andOp, a, b);
}
