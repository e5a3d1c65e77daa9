import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const equalOp: Op<NoAttrs> = binaryOp({
  name: 'equal',
  dtypes: ['float32', 'int32', 'bool'],
  result: 'bool',
  onnx: 'Equal',
  eager: (tf, a, b) => tf.equal(a, b),
});

/** a = b, broadcast, as bool. NaN compares false. */
export function equal(a: Operand, b: Operand): Value {
  return applyBinary(equalOp, a, b);
}
