import { type Op, type Value, apply } from '../op.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const negOp: Op<NoAttrs> = unaryOp({
  name: 'neg',
  dtypes: ['float32', 'int32'],
  onnx: 'Neg',
  eager: (tf, x) => tf.neg(x),
  gradient: (dy) => neg(dy),
});

/** −x. */
export function neg(x: Value): Value {
  return apply(negOp, [x], {});
}
