import { type Op, type Value, apply, nth } from '../op.js';

export const detachOp: Op<Record<string, never>> = {
  name: 'detach',
  infer: (inputs) => [{ dtype: nth(inputs, 0).dtype, shape: nth(inputs, 0).shape }],
  // No gradient rule: the gradient stops here.
  onnx: (emit, inputs) => emit.node('Identity', [nth(inputs, 0)]),
  eager: (tf, inputs) => [tf.clone(nth(inputs, 0))],
};

/**
 * x itself, whose gradient is taken to be zero: what depends on a parameter through `detach` alone does not move it.
 *
 * @param x  any dtype and shape
 */
export function detach(x: Value): Value {
  return apply(detachOp, [x], {});
}
