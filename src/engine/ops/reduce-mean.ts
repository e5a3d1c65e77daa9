import { type Dim, mulDims } from '../dim.js';
import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import { dimValue } from './dim-value.js';
import { div } from './div.js';
import { broadcastTo } from './reduce-sum.js';
import { type ReduceAttrs, type ReduceOptions, keptShape, reduceAttrs, reduceOnnx, reducedShape } from './reduce.js';
import { reshape } from './reshape.js';

export const reduceMeanOp: Op<ReduceAttrs> = {
  name: 'reduceMean',
  infer(inputs, attrs) {
    const x = nth(inputs, 0);
    expectDType('reduceMean', 'x', x, 'float32');
    return [{ dtype: 'float32', shape: reducedShape(x.shape, attrs) }];
  },
  gradient({ inputs, attrs }, [dy]) {
    if (!dy) return [];
    const { shape } = nth(inputs, 0);
    const count = attrs.axes.reduce<Dim>((n, axis) => mulDims(n, nth(shape, axis)), 1);
    const each = div(dy, dimValue(dy.graph, count));
    return [broadcastTo(reshape(each, keptShape(shape, attrs.axes)), shape)];
  },
  onnx: (emit, inputs, node) => reduceOnnx('ReduceMean', emit, inputs, node),
  eager: (tf, inputs, { attrs }) => [tf.mean(nth(inputs, 0), [...attrs.axes], attrs.keepDims)],
};

/** Mean over `axes` (default: all); 0 over an axis of size 0. */
export function reduceMean(x: Value, options: ReduceOptions = {}): Value {
  const attrs = reduceAttrs('reduceMean', x, options);
  return attrs.axes.length === 0 ? x : apply(reduceMeanOp, [x], attrs);
}
