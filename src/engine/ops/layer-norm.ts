import { type Op, type Value, apply, expectDType, expectRank, nth, shapeFault } from '../op.js';
import { sameShape, shapeToString } from '../shape.js';
import { mul } from './mul.js';
import { normalize, normalizeGradient } from './normalize.js';
import { sumTo } from './reduce-sum.js';

interface LayerNormAttrs {
  readonly epsilon: number;
}

export const layerNormOp: Op<LayerNormAttrs> = {
  name: 'layerNorm',
  infer(inputs) {
    const x = nth(inputs, 0);
    expectRank('layerNorm', 'x', x, 1);
    const width = [nth(x.shape, -1)];
    for (const [i, operand] of ['x', 'gain', 'bias'].entries()) {
      const value = nth(inputs, i);
      expectDType('layerNorm', operand, value, 'float32');
      if (i > 0 && !sameShape(value.shape, width)) {
        throw shapeFault('layerNorm', operand, shapeToString(width), shapeToString(value.shape));
      }
    }
    return [{ dtype: 'float32', shape: x.shape }];
  },
  gradient({ inputs, attrs }, [dy]) {
    if (!dy) return [];
    const [x, gain, bias] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    const [y, inverse] = normalize(x, attrs.epsilon);
    const dx = normalizeGradient(mul(dy, gain), y, inverse);
    return [dx, sumTo(mul(dy, y), gain.shape), sumTo(dy, bias.shape)];
  },
  onnx(emit, inputs, { attrs }) {
    return emit.node('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: attrs.epsilon } });
  },
  eager(tf, inputs, { attrs }) {
    const { mean, variance } = tf.moments(nth(inputs, 0), -1, true);
    const y = tf.mul(tf.sub(nth(inputs, 0), mean), tf.rsqrt(tf.add(variance, attrs.epsilon)));
    return [tf.add(tf.mul(y, nth(inputs, 1)), nth(inputs, 2))];
  },
};

/**
 * gain ⊙ (x − mean) / √(variance + epsilon) + bias over the last axis, the variance being the biased one (÷ d).
 * Rows are independent: NaN or ±∞ in one row stays in it.
 *
 * Ba, Kiros and Hinton 2016, "Layer Normalization", §3, arXiv:1607.06450.
 *
 * @param x     [..., d]
 * @param gain  [d]
 * @param bias  [d]
 * @returns     [..., d]
 */
export function layerNorm(x: Value, gain: Value, bias: Value, epsilon: number): Value {
  return apply(layerNormOp, [x, gain, bias], { epsilon });
}
