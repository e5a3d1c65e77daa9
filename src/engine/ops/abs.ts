import { type Op, type Value, apply } from '../op.js';
import { mul } from './mul.js';
import { sign } from './sign.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const absOp: Op<NoAttrs> = unaryOp({
  name: 'abs',
  dtypes: ['float32', 'int32'],
  onnx: 'Abs',
  eager: (tf, x) => tf.abs(x),
  gradient: (dy, x) => mul(dy, sign(x)),
});

/** |x|; the gradient at 0 is 0. */
export function abs(x: Value): Value {
  return apply(absOp, [x], {});
}
