import { type Op, type Value, apply, nth, shapeFault } from '../op.js';
import { shapeToString } from '../shape.js';

interface TransposeAttrs {
  readonly perm: readonly number[];
}

export const transposeOp: Op<TransposeAttrs> = {
  name: 'transpose',
  infer(inputs, { perm }) {
    const x = nth(inputs, 0);
    const sorted = perm.toSorted((a, b) => a - b);
    if (perm.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      throw shapeFault('transpose', 'perm', `every axis of ${shapeToString(x.shape)} once`, shapeToString(perm));
    }
    return [{ dtype: x.dtype, shape: perm.map((axis) => nth(x.shape, axis)) }];
  },
  gradient: ({ attrs }, [dy]) => [dy && transpose(dy, inverse(attrs.perm))],
  onnx: (emit, inputs, { attrs }) => emit.node('Transpose', inputs, { perm: { ints: attrs.perm } }),
  eager: (tf, inputs, { attrs }) => [tf.transpose(nth(inputs, 0), [...attrs.perm])],
};

/** Axis i of the result is axis perm[i] of x; without `perm` the order is reversed. */
export function transpose(x: Value, perm?: readonly number[]): Value {
  return apply(transposeOp, [x], { perm: perm ?? [...x.shape.keys()].reverse() });
}

/** The permutation that undoes `perm`. */
export function inverse(perm: readonly number[]): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}
