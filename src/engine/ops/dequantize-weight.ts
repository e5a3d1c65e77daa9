import { type Op, type Value, apply, expectDType, nth, shapeFault } from '../op.js';
import { sameShape, shapeToString } from '../shape.js';
import type { NoAttrs } from './unary.js';

export const dequantizeWeightOp: Op<NoAttrs> = {
  name: 'dequantizeWeight',
  infer(inputs) {
    const [w, scale] = [nth(inputs, 0), nth(inputs, 1)];
    expectDType('dequantizeWeight', 'w', w, 'int8');
    expectDType('dequantizeWeight', 'scale', scale, 'float32');
    const [inside, out] = w.shape;
    if (w.shape.length !== 2 || inside === undefined || out === undefined)
      throw shapeFault('dequantizeWeight', 'w', 'two axes', shapeToString(w.shape));
    if (!sameShape(scale.shape, [out]))
      throw shapeFault('dequantizeWeight', 'scale', shapeToString([out]), shapeToString(scale.shape));
    return [{ dtype: 'float32', shape: [out, inside] }];
  },
  onnx(emit, inputs) {
    const values = emit.node('DequantizeLinear', inputs, { axis: { int: 1 } });
    return emit.node('Transpose', values, { perm: { ints: [1, 0] } });
  },
  eager: (tf, inputs) => [tf.transpose(tf.mul(tf.cast(nth(inputs, 0), 'float32'), nth(inputs, 1)))],
};

/**
 * The floats that an int8 weight stands for, W[o, i] = w[i, o] · scale[o], in PyTorch's layout. `linear` sees through it
 * and multiplies in integers; other ops read the floats. No gradient: the weight is frozen.
 *
 * @param w      int8 [in, out]
 * @param scale  float32 [out]
 * @returns      [out, in]
 * @throws ShapeError  when the shapes do not fit
 */
export function dequantizeWeight(w: Value, scale: Value): Value {
  return apply(dequantizeWeightOp, [w, scale], {});
}
