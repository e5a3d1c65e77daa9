import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const greaterOp: Op<NoAttrs> = binaryOp({
  name: 'greater',
  dtypes: ['float32', 'int32'],
  result: 'bool',
  onnx: 'Greater',
  eager: (tf, a, b) => tf.greater(a, b),
});

/** a > b, broadcast, as bool. NaN compares false. */
export function greater(a: Operand, b: Operand): Value {
  return applyBinary(greaterOp, a, b);
}
