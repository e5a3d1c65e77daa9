import { type Op, type Value, apply } from '../op.js';
import { add } from './add.js';
import { erf } from './erf.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const geluOp: Op<NoAttrs> = unaryOp({
  name: 'gelu',
  onnx: 'Gelu',
  eager: (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  gradient(dy, x) {
    const below = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5); // Φ(x)
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI)); // φ(x)
    return mul(dy, add(below, mul(x, density)));
  },
});

/** x · Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel 2016, arXiv:1606.08415, §2); `gelu` in HF. */
export function gelu(x: Value): Value {
  return apply(geluOp, [x], {});
}
