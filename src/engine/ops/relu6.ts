import { type Op, type Value, apply } from '../op.js';
import { tensor } from '../tensor.js';
import { and } from './and.js';
import { greater } from './greater.js';
import { less } from './less.js';
import { where } from './where.js';
import { type NoAttrs, unaryOp } from './unary.js';

const SCALAR_0 = tensor('float32', [], Float32Array.of(0));
const SCALAR_6 = tensor('float32', [], Float32Array.of(6));

export const relu6Op: Op<NoAttrs> = unaryOp({
  name: 'relu6',
  onnx: (emit, x) => emit.node('Clip', [x, emit.constant(SCALAR_0), emit.constant(SCALAR_6)]),
  eager: (tf, x) => tf.relu6(x),
  gradient: (dy, x) => where(and(greater(x, 0), less(x, 6)), dy, 0),
});

/** min(max(x, 0), 6); the gradient at 0 and at 6 is 0. */
export function relu6(x: Value): Value {
  return apply(relu6Op, [x], {});
}
