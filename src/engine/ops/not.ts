import { type Op, type Value, apply } from '../op.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const notOp: Op<NoAttrs> = unaryOp({
  name: 'not',
  dtypes: ['bool'],
  onnx: 'Not',
  eager: (tf, x) => tf.logicalNot(x),
});

/** Logical negation. */
export function not(x: Value): Value {
  return apply(notOp, [x], {});
}
