import { type Op, type Value, apply } from '../op.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const signOp: Op<NoAttrs> = unaryOp({
  name: 'sign',
  dtypes: ['float32', 'int32'],
  onnx: 'Sign',
  eager: (tf, x) => tf.sign(x),
});

/** −1, 0 or 1; its gradient is 0. */
export function sign(x: Value): Value {
  return apply(signOp, [x], {});
}
