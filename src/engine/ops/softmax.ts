import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import { normalizeAxis } from '../shape.js';
import { mul } from './mul.js';
import { reduceSum } from './reduce-sum.js';
import { sub } from './sub.js';

interface SoftmaxAttrs {
  readonly axis: number;
}

export const softmaxOp: Op<SoftmaxAttrs> = {
  name: 'softmax',
  infer(inputs) {
    const x = nth(inputs, 0);
    expectDType('softmax', 'x', x, 'float32');
    return [{ dtype: 'float32', shape: x.shape }];
  },
  gradient({ outputs, attrs }, [dy]) {
    if (!dy) return [];
    const y = nth(outputs, 0);
    const weighted = mul(dy, y);
    return [sub(weighted, mul(y, reduceSum(weighted, { axes: [attrs.axis], keepDims: true })))];
  },
  onnx: (emit, inputs, { attrs }) => emit.node('Softmax', inputs, { axis: { int: attrs.axis } }),
  eager(tf, inputs, { attrs }) {
    const x = nth(inputs, 0);
    const e = tf.exp(tf.sub(x, tf.max(x, attrs.axis, true))); // tf.softmax knows the last axis only
    return [tf.div(e, tf.sum(e, attrs.axis, true))];
  },
};

/**
 * softmax(x)ᵢ = exp(xᵢ − max x) / Σⱼ exp(xⱼ − max x) along `axis` (default: the last): no overflow however large x is.
 *
 * A row that holds NaN or +∞, or −∞ only, gives NaN. So masks add a large finite number: then a row of padding only
 * is uniform, and no NaN spreads from it.
 *
 * @returns the shape of x; sums to 1 along `axis`
 */
export function softmax(x: Value, axis = -1): Value {
  return apply(softmaxOp, [x], { axis: normalizeAxis(axis, x.shape.length, 'softmax') });
}
