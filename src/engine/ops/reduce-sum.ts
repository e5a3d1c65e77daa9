import { sameDim } from '../dim.js';
import { type Op, type TfTensor, type Tfjs, type Value, apply, expectDType, nth, shapeFault } from '../op.js';
import { type Shape, broadcastShapes, sameShape, shapeToString } from '../shape.js';
import { type ReduceAttrs, type ReduceOptions, keptShape, reduceAttrs, reduceOnnx, reducedShape } from './reduce.js';
import { reshape } from './reshape.js';

// Sum and broadcasting stand in one file because each is the other's gradient.

export const reduceSumOp: Op<ReduceAttrs> = {
  name: 'reduceSum',
  infer(inputs, attrs) {
    const x = nth(inputs, 0);
    expectDType('reduceSum', 'x', x, 'float32', 'int32');
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, attrs) }];
  },
  gradient({ inputs, attrs }, [dy]) {
    const { shape } = nth(inputs, 0);
    return [dy && broadcastTo(reshape(dy, keptShape(shape, attrs.axes)), shape)];
  },
  onnx: (emit, inputs, node) => reduceOnnx('ReduceSum', emit, inputs, node),
  eager: (tf, inputs, { attrs }) => [tf.sum(nth(inputs, 0), [...attrs.axes], attrs.keepDims)],
};

/** Sum over `axes` (default: all). An empty sum is 0. Int32 wraps around. */
export function reduceSum(x: Value, options: ReduceOptions = {}): Value {
  const attrs = reduceAttrs('reduceSum', x, options);
  return attrs.axes.length === 0 ? x : apply(reduceSumOp, [x], attrs);
}

/** Sums the axes along which `shape` was broadcast to that of x: the adjoint of `broadcastTo`. */
export function sumTo(x: Value, shape: Shape): Value {
  const extra = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < extra || !sameDim(d, nth(shape, i - extra)) ? [i] : []));
  return reshape(reduceSum(x, { axes, keepDims: true }), shape);
}

interface BroadcastAttrs {
  readonly shape: Shape;
}

export const broadcastToOp: Op<BroadcastAttrs> = {
  name: 'broadcastTo',
  infer(inputs, { shape }) {
    const x = nth(inputs, 0);
    if (!sameShape(broadcastShapes(x.shape, shape, 'broadcastTo'), shape)) {
      throw shapeFault('broadcastTo', 'shape', `one that ${shapeToString(x.shape)} stretches to`, shapeToString(shape));
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs }, [dy]) => [dy && sumTo(dy, nth(inputs, 0).shape)],
  onnx: (emit, inputs, { attrs }) => emit.node('Expand', [nth(inputs, 0), emit.dims(attrs.shape)]),
  eager(tf, inputs, { attrs }, env) {
    const shape = attrs.shape.map((d) => env.dim(d));
    return [stretch(tf, nth(inputs, 0), shape)];
  },
};

/** Stretches axes of size 1, and adds outer ones, until x has `shape`. */
export function broadcastTo(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : apply(broadcastToOp, [x], { shape });
}

/** `tf.broadcastTo`, which would leave size 1 where 0 is asked for. */
export function stretch(tf: Tfjs, x: TfTensor, shape: number[]): TfTensor {
  return shape.includes(0) ? tf.tensor([], shape, x.dtype) : tf.broadcastTo(x, shape);
}
