import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import type { NoAttrs } from './unary.js';

export const mulOp: Op<NoAttrs> = binaryOp({
  name: 'mul',
  dtypes: ['float32', 'int32'],
  onnx: 'Mul',
  eager: (tf, a, b) => tf.mul(a, b),
  gradient: (dy, a, b) => [mul(dy, b), mul(dy, a)],
});

/** a · b element by element, broadcast. Int32 products must stay below 2³¹. */
export function mul(a: Operand, b: Operand): Value {
  return applyBinary(mulOp, a, b);
}
