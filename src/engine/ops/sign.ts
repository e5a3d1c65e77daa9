import { type Op, type Value, apply } from '../op.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const signOp: Op<NoAttrs> = unaryOp({
  name: 'sign',
  dtypes: ['float32', 'int32'],
  onnx: 'Sign',
  eager: (tf, x) => (x.dtype === 'float32' ? tf.where(tf.isNaN(x), x, tf.sign(x)) : tf.sign(x)), // tfjs: sign NaN = 0
});

/** −1, 0 or 1, NaN of NaN; its gradient is 0. */
export function sign(x: Value): Value {
  return apply(signOp, [x], {});
}
