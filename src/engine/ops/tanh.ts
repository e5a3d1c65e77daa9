import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const tanhOp: Op<NoAttrs> = unaryOp({
  name: 'tanh',
  onnx: 'Tanh',
  eager: (tf, x) => tf.tanh(x),
  gradient: (dy, _x, y) => mul(dy, sub(1, mul(y, y))),
});

/** tanh x. */
export function tanh(x: Value): Value {
  return apply(tanhOp, [x], {});
}
