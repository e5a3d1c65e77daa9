import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const sigmoidOp: Op<NoAttrs> = unaryOp({
  name: 'sigmoid',
  onnx: 'Sigmoid',
  eager: (tf, x) => tf.sigmoid(x),
  gradient: (dy, _x, y) => mul(dy, mul(y, sub(1, y))),
});

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: Value): Value {
  return apply(sigmoidOp, [x], {});
}
