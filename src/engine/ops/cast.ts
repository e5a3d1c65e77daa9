import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import type { DType } from '../tensor.js';

/** ONNX's TensorProto.DataType. */
const ONNX_TYPE = { float32: 1, int32: 6, bool: 9 } as const;
export type CastTarget = keyof typeof ONNX_TYPE;

interface CastAttrs {
  readonly to: CastTarget;
}

export const castOp: Op<CastAttrs> = {
  name: 'cast',
  infer(inputs, { to }) {
    const x = nth(inputs, 0);
    const sources: DType[] = ['float32', 'int32', 'bool', 'int8', 'uint8'];
    expectDType('cast', 'x', x, ...sources);
    return [{ dtype: to, shape: x.shape }];
  },
  onnx: (emit, inputs, { attrs }) => emit.node('Cast', inputs, { to: { int: ONNX_TYPE[attrs.to] } }),
  eager: (tf, inputs, { attrs }) => [tf.cast(nth(inputs, 0), attrs.to)],
};

/**
 * x as another dtype: floats are cut towards zero to become integers (undefined for NaN and beyond ±2³¹); bool is
 * x ≠ 0, and 0 or 1 as a number. No gradient passes.
 */
export function cast(x: Value, to: CastTarget): Value {
  return x.dtype === to ? x : apply(castOp, [x], { to });
}
