import { type Op, type Value, expectDType, expectRank, nth } from '../op.js';

import { tensor } from '../tensor.js';
import { add } from './add.js';
import { dimValue } from './dim-value.js';
import { div } from './div.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { reduceMean } from './reduce-mean.js';
import { sub } from './sub.js';

interface NormalizeAttrs {
  readonly epsilon: number;
}

const ONE = tensor('float32', [1], Float32Array.of(1));

export const normalizeOp: Op<NormalizeAttrs> = {
  name: 'normalize',
  infer(inputs) {
    const x = nth(inputs, 0);
    expectDType('normalize', 'x', x, 'float32');
    expectRank('normalize', 'x', x, 1);
    return [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] },
    ];
  },
  gradient({ outputs }, [dy, dInverse]) {
    const [y, inverse] = [nth(outputs, 0), nth(outputs, 1)];
    const byY = dy && normalizeGradient(dy, y, inverse);
    if (!dInverse) return [byY];
    // ∂inverse/∂xᵢ = −inverse² · yᵢ / d
    const width = dimValue(y.graph, nth(y.shape, -1));
    const byInverse = neg(div(mul(mul(dInverse, mul(inverse, inverse)), y), width));
    return [byY ? add(byY, byInverse) : byInverse];
  },
  onnx(emit, inputs, { inputs: [x], attrs }) {
    const gain = emit.node('Expand', [emit.constant(ONE), emit.dims([nth(x?.shape ?? [], -1)])]);
    const attributes = { axis: { int: -1 }, epsilon: { float: attrs.epsilon } };
    const outputs = emit.node('LayerNormalization', [nth(inputs, 0), nth(gain, 0)], attributes, { outputs: 3 });
    return [nth(outputs, 0), nth(outputs, 2)];
  },
  eager(tf, inputs, { attrs }) {
    const { mean, variance } = tf.moments(nth(inputs, 0), -1, true);
    const inverse = tf.rsqrt(tf.add(variance, attrs.epsilon));
    return [tf.mul(tf.sub(nth(inputs, 0), mean), inverse), inverse];
  },
};

/**
 * y = (x − mean) · inverse with inverse = 1 / √(variance + epsilon), over the last axis: what the gradient of
 * `layerNorm` needs, from one fused kernel.
 *
 * @param x  [..., d]
 * @returns  y [..., d] and inverse [..., 1]
 */
export function normalize(x: Value, epsilon: number): [y: Value, inverse: Value] {
  const outputs = x.graph.apply(normalizeOp, [x], { epsilon });
  return [nth(outputs, 0), nth(outputs, 1)];
}

/** dx = inverse · (dy − mean(dy) − y · mean(dy · y)), means over the last axis. */
export function normalizeGradient(dy: Value, y: Value, inverse: Value): Value {
  const mean = (v: Value) => reduceMean(v, { axes: [-1], keepDims: true });
  return mul(inverse, sub(sub(dy, mean(dy)), mul(y, mean(mul(dy, y)))));
}
