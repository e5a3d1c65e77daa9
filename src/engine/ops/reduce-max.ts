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
  eager: (tf, inputs, { attrs }) => [tf.max(nth(inputs, 0), [...attrs.axes], attrs.keepDims)],
};

/** Greatest element over `axes` (default: all), which must not be empty. Equal greatest elements share the gradient. */
export function reduceMax(x: Value, options: ReduceOptions = {}): Value {
  const attrs = reduceAttrs('reduceMax', x, options);
  return attrs.axes.length === 0 ? x : apply(reduceMaxOp, [x], attrs);
}
