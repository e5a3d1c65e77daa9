import { type Op, type Value, apply } from '../op.js';
import { greater } from './greater.js';
import { where } from './where.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const reluOp: Op<NoAttrs> = unaryOp({
  name: 'relu',
  onnx: 'Relu',
  eager: (tf, x) => tf.relu(x),
  gradient: (dy, x) => where(greater(x, 0), dy, 0),
});

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: Value): Value {
  return apply(reluOp, [x], {});
}
