import { type Op, type Value, apply } from '../op.js';
import { div } from './div.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const logOp: Op<NoAttrs> = unaryOp({
  name: 'log',
  onnx: 'Log',
  eager: (tf, x) => tf.log(x),
  gradient: (dy, x) => div(dy, x),
});

/** ln x; −∞ at 0, NaN below. */
export function log(x: Value): Value {
  return apply(logOp, [x], {});
}
