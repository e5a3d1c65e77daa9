import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const lessEqualOp: Op<NoAttrs> = binaryOp({
  name: 'lessEqual',
  dtypes: ['float32', 'int32'],
  result: 'bool',
  onnx: 'LessOrEqual',
  eager: (tf, a, b) => tf.lessEqual(a, b),
});

/** a ≤ b, broadcast, as bool. NaN compares false. */
export function lessEqual(a: Operand, b: Operand): Value {
  return applyBinary(lessEqualOp, a, b);
}
