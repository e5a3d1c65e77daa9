import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const reciprocalOp: Op<NoAttrs> = unaryOp({
  name: 'reciprocal',
  onnx: 'Reciprocal',
  eager: (tf, x) => tf.reciprocal(x),
  gradient: (dy, _x, y) => neg(mul(dy, mul(y, y))),
});

/** 1 / x; ±∞ at ±0. */
export function reciprocal(x: Value): Value {
  return apply(reciprocalOp, [x], {});
}
