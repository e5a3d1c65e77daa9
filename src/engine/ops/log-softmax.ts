import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import { normalizeAxis } from '../shape.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { reduceSum } from './reduce-sum.js';
import { sub } from './sub.js';

interface LogSoftmaxAttrs {
  readonly axis: number;
}

export const logSoftmaxOp: Op<LogSoftmaxAttrs> = {
  name: 'logSoftmax',
  infer(inputs) {
    const x = nth(inputs, 0);
    expectDType('logSoftmax', 'x', x, 'float32');
    return [{ dtype: 'float32', shape: x.shape }];
  },
  gradient({ outputs, attrs }, [dy]) {
    if (!dy) return [];
    return [sub(dy, mul(exp(nth(outputs, 0)), reduceSum(dy, { axes: [attrs.axis], keepDims: true })))];
  },
  onnx: (emit, inputs, { attrs }) => emit.node('LogSoftmax', inputs, { axis: { int: attrs.axis } }),
  eager(tf, inputs, { attrs }) {
    const x = nth(inputs, 0);
    const shifted = tf.sub(x, tf.max(x, attrs.axis, true));
    return [tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), attrs.axis, true)))];
  },
};

/**
 * ln softmax(x) = x − max x − ln Σⱼ exp(xⱼ − max x) along `axis` (default: the last); finite where softmax itself
 * underflows to 0. A row that holds NaN or +∞, or −∞ only, gives NaN.
 */
export function logSoftmax(x: Value, axis = -1): Value {
  return apply(logSoftmaxOp, [x], { axis: normalizeAxis(axis, x.shape.length, 'logSoftmax') });
}
