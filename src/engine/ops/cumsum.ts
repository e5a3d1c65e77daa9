import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import { normalizeAxis } from '../shape.js';
import { tensor } from '../tensor.js';

interface CumsumAttrs {
  readonly axis: number;
  /** Leave the element itself out. */
  readonly exclusive: boolean;
  /** Add up from the end. */
  readonly reverse: boolean;
}

export const cumsumOp: Op<CumsumAttrs> = {
  name: 'cumsum',
  infer(inputs) {
    const x = nth(inputs, 0);
    expectDType('cumsum', 'x', x, 'float32', 'int32');
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient: ({ attrs }, [dy]) => [dy && cumsum(dy, attrs.axis, { ...attrs, reverse: !attrs.reverse })],
  onnx(emit, inputs, { attrs }) {
    const axis = emit.constant(tensor('int32', [], Int32Array.of(attrs.axis)));
    const attributes = { exclusive: { int: Number(attrs.exclusive) }, reverse: { int: Number(attrs.reverse) } };
    return emit.node('CumSum', [nth(inputs, 0), axis], attributes);
  },
  eager: (tf, inputs, { attrs }) => [tf.cumsum(nth(inputs, 0), attrs.axis, attrs.exclusive, attrs.reverse)],
};

/** yᵢ = x₀ + … + xᵢ along `axis`; e.g. positions of the real tokens from a mask. */
export function cumsum(
  x: Value,
  axis: number,
  { exclusive = false, reverse = false }: { exclusive?: boolean; reverse?: boolean } = {},
): Value {
  return apply(cumsumOp, [x], { axis: normalizeAxis(axis, x.shape.length, 'cumsum'), exclusive, reverse });
}
