import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const lessOp: Op<NoAttrs> = binaryOp({
  name: 'less',
  dtypes: ['float32', 'int32'],
  result: 'bool',
  onnx: 'Less',
  eager: (tf, a, b) => tf.less(a, b),
});

/** a < b, broadcast, as bool. NaN compares false. */
export function less(a: Operand, b: Operand): Value {
  return applyBinary(lessOp, a, b);
}
