import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import { neg } from './neg.js';
import type { NoAttrs } from './unary.js';

export const subOp: Op<NoAttrs> = binaryOp({
  name: 'sub',
  dtypes: ['float32', 'int32'],
  onnx: 'Sub',
  eager: (tf, a, b) => tf.sub(a, b),
  gradient: (dy) => [dy, neg(dy)],
});

/** a − b, broadcast. Int32 wraps around. */
export function sub(a: Operand, b: Operand): Value {
  return applyBinary(subOp, a, b);
}
