import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const expOp: Op<NoAttrs> = unaryOp({
  name: 'exp',
  onnx: 'Exp',
  eager: (tf, x) => tf.exp(x),
  gradient: (dy, _x, y) => mul(dy, y),
});

/** eˣ; +∞ above 88.73. */
export function exp(x: Value): Value {
  return apply(expOp, [x], {});
}
