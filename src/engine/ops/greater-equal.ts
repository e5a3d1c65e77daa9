import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const greaterEqualOp: Op<NoAttrs> = binaryOp({
  name: 'greaterEqual',
  dtypes: ['float32', 'int32'],
  result: 'bool',
  onnx: 'GreaterOrEqual',
  eager: (tf, a, b) => tf.greaterEqual(a, b),
});

/** a ≥ b, broadcast, as bool. NaN compares false. */
export function greaterEqual(a: Operand, b: Operand): Value {
  return applyBinary(greaterEqualOp, a, b);
}
