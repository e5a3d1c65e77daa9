import { type Op, type Value, apply, expectDType, nth } from '../op.js';
import { normalizeAxis } from '../shape.js';

interface ArgMaxAttrs {
  readonly axis: number;
}

export const argMaxOp: Op<ArgMaxAttrs> = {
  name: 'argMax',
  infer(inputs, { axis }) {
    const x = nth(inputs, 0);
    expectDType('argMax', 'x', x, 'float32', 'int32');
    return [{ dtype: 'int32', shape: x.shape.toSpliced(axis, 1) }];
  },
  onnx(emit, inputs, { attrs }) {
    const index = emit.node('ArgMax', inputs, { axis: { int: attrs.axis }, keepdims: { int: 0 } });
    return emit.node('Cast', index, { to: { int: 6 } });
  },
  eager: (tf, inputs, { attrs }) => [tf.argMax(nth(inputs, 0), attrs.axis)],
};

/** Index (int32) of the greatest element along `axis`, which goes away; the first of equal ones. */
export function argMax(x: Value, axis = -1): Value {
  return apply(argMaxOp, [x], { axis: normalizeAxis(axis, x.shape.length, 'argMax') });
}
