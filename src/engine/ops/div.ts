import type { Op, Value } from '../op.js';
import { type Operand, applyBinary, binaryOp } from './binary.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import type { NoAttrs } from './unary.js';

export const divOp: Op<NoAttrs> = binaryOp({
  name: 'div',
  dtypes: ['float32'],
  onnx: 'Div',
  eager: (tf, a, b) => tf.div(a, b),
  gradient: (dy, _a, b, y) => [div(dy, b), neg(div(mul(dy, y), b))],
});

/** a / b, broadcast; ±∞ or NaN where b is 0. */
export function div(a: Operand, b: Operand): Value {
  return applyBinary(divOp, a, b);
}
