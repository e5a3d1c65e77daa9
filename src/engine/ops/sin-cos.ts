import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { type NoAttrs, unaryOp } from './unary.js';

// Both stand in one file because each is the other's gradient.

export const sinOp: Op<NoAttrs> = unaryOp({
  name: 'sin',
  onnx: 'Sin',
  eager: (tf, x) => tf.sin(x),
  gradient: (dy, x) => mul(dy, cos(x)),
});

export const cosOp: Op<NoAttrs> = unaryOp({
  name: 'cos',
  onnx: 'Cos',
  eager: (tf, x) => tf.cos(x),
  gradient: (dy, x) => neg(mul(dy, sin(x))),
});

/** sin x, x in radians. */
export function sin(x: Value): Value {
  return apply(sinOp, [x], {});
}

/** cos x, x in radians. */
export function cos(x: Value): Value {
  return apply(cosOp, [x], {});
}
