import { type Op, type Value, apply } from '../op.js';
import { add } from './add.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { tanh } from './tanh.js';
import { type NoAttrs, unaryOp } from './unary.js';

const CUBIC = 0.044715;
const SCALE = Math.sqrt(2 / Math.PI);

export const geluTanhOp: Op<NoAttrs> = unaryOp({
  name: 'geluTanh',
  onnx: 'Gelu',
  attributes: () => ({ approximate: { string: 'tanh' } }),
  eager(tf, x) {
    const inner = tf.mul(tf.mul(x, SCALE), tf.add(tf.mul(tf.square(x), CUBIC), 1));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  },
  gradient(dy, x) {
    const squared = mul(x, x);
    const t = tanh(mul(mul(x, SCALE), add(mul(squared, CUBIC), 1)));
    const inner = mul(add(mul(squared, 3 * CUBIC), 1), SCALE); // derivative of tanh's argument
    const slope = mul(mul(x, sub(1, mul(t, t))), inner);
    return mul(dy, mul(add(add(t, 1), slope), 0.5));
  },
});

/**
 * ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), the approximation of `gelu` (Hendrycks and Gimpel 2016, arXiv:1606.08415,
 * §2); `gelu_new` in HF.
 */
export function geluTanh(x: Value): Value {
  return apply(geluTanhOp, [x], {});
}
