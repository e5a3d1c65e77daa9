import { type Op, type Value, apply } from '../op.js';
import { div } from './div.js';
import { mul } from './mul.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const sqrtOp: Op<NoAttrs> = unaryOp({
  name: 'sqrt',
  onnx: 'Sqrt',
  eager: (tf, x) => tf.sqrt(x),
  gradient: (dy, _x, y) => div(dy, mul(y, 2)),
});

/** √x; NaN below 0. The gradient at 0 is infinite. */
export function sqrt(x: Value): Value {
  return apply(sqrtOp, [x], {});
}
