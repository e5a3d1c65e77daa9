import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const rsqrtOp: Op<NoAttrs> = unaryOp({
  name: 'rsqrt',
  onnx: (emit, x) => emit.node('Reciprocal', emit.node('Sqrt', [x])),
  eager: (tf, x) => tf.rsqrt(x),
  gradient: (dy, _x, y) => mul(dy, mul(mul(y, mul(y, y)), -0.5)),
});

/** 1 / √x; +∞ at 0, NaN below. */
export function rsqrt(x: Value): Value {
  return apply(rsqrtOp, [x], {});
}
