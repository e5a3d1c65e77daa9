import { type Op, type Value, apply } from '../op.js';
import { greater } from './greater.js';
import { mul } from './mul.js';
import { unaryOp } from './unary.js';
import { where } from './where.js';

interface LeakyReluAttrs {
  readonly slope: number;
}

export const leakyReluOp: Op<LeakyReluAttrs> = unaryOp<LeakyReluAttrs>({
  name: 'leakyRelu',
  onnx: 'LeakyRelu',
  attributes: ({ slope }) => ({ alpha: { float: slope } }),
  eager: (tf, x, { slope }) => tf.leakyRelu(x, slope),
  gradient: (dy, x, _y, { slope }) => where(greater(x, 0), dy, mul(dy, slope)),
});

/** x above 0, slope · x elsewhere; PyTorch's default slope is 0.01. */
export function leakyRelu(x: Value, slope = 0.01): Value {
  return apply(leakyReluOp, [x], { slope });
}
