import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import { cast } from './cast.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { mul } from './mul.js';
import { reduceSum } from './reduce-sum.js';
import { type ReduceAttrs, type ReduceOptions, keptShape, reduceAttrs, reduceOnnx, reducedShape } from './reduce.js';
import { reshape } from './reshape.js';

export const reduceMaxOp: Op<ReduceAttrs> = {
  name: 'reduceMax',
  infer(inputs, attrs) {
    const x = nth(inputs, 0);
    expectDType('reduceMax', 'x', x, 'float32', 'int32');
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, attrs) }];
  },
  gradient({ inputs, outputs, attrs }, [dy]) {
    if (!dy) return [];
    const x = nth(inputs, 0);
    const kept = keptShape(x.shape, attrs.axes);
    const isMax = cast(equal(x, reshape(nth(outputs, 0), kept)), 'float32');
    const share = div(isMax, reduceSum(isMax, { axes: attrs.axes, keepDims: true }));
    return [mul(reshape(dy, kept), share)];
  },
  onnx: (emit, inputs, node) => reduceOnnx('ReduceMax', emit, inputs, node),
  eager(tf, inputs, { outputs, attrs }, env) {
    const x = nth(inputs, 0);
    if (x.size > 0) return [tf.max(x, [...attrs.axes], attrs.keepDims)];
    const shape = nth(outputs, 0).shape.map((d) => env.dim(d));
    return [tf.fill(shape, x.dtype === 'int32' ? -(2 ** 31) : -Infinity, x.dtype)]; // tf.max would give NaN
  },
};

/**
 * Greatest element over `axes` (default: all): −∞ (int32: −2³¹) over an empty axis, and with a NaN among the elements
 * either NaN or the greatest other one. Equal greatest elements share the gradient.
 */
export function reduceMax(x: Value, options: ReduceOptions = {}): Value {
  const attrs = reduceAttrs('reduceMax', x, options);
  return attrs.axes.length === 0 ? x : apply(reduceMaxOp, [x], attrs);
}
