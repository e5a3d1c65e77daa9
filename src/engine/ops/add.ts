import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const addOp: Op<NoAttrs> = binaryOp({
  name: 'add',
  dtypes: ['float32', 'int32'],
  onnx: 'Add',
  eager: (tf, a, b) => tf.add(a, b),
  gradient: (dy) => [dy, dy],
});

/** a + b, broadcast. Int32 wraps around. */
export function add(a: Operand, b: Operand): Value {
  return applyBinary(addOp, a, b);
}
