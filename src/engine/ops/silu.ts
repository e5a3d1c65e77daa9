import { type Op, type Value, apply } from '../op.js';
import { add } from './add.js';
import { mul } from './mul.js';
import { sigmoid } from './sigmoid.js';
import { sub } from './sub.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const siluOp: Op<NoAttrs> = unaryOp({
  name: 'silu',
  onnx: (emit, x) => emit.node('Mul', [x, ...emit.node('Sigmoid', [x])]),
  eager: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  gradient: (dy, x, y) => {
    const s = sigmoid(x);
    return mul(dy, add(s, mul(y, sub(1, s)))); // σ + x·σ·(1 − σ)
  },
});

/** x · σ(x) (Elfwing et al. 2018, "Sigmoid-weighted linear units", arXiv:1702.03118, §2). */
export function silu(x: Value): Value {
  return apply(siluOp, [x], {});
}
