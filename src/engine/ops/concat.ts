import { type Dim, addDims } from '../dim.js';
import { type Op, type Value, apply, expectDType, expectRank, nth, shapeFault } from '../op.js';
import { normalizeAxis, sameShape, shapeToString } from '../shape.js';
import { split } from './split.js';

interface ConcatAttrs {
  readonly axis: number;
}

export const concatOp: Op<ConcatAttrs> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const first = nth(inputs, 0);
    for (const [i, value] of inputs.entries()) {
      const operand = `values[${i}]`;
      expectRank('concat', operand, value, 1);
      expectDType('concat', operand, value, first.dtype);
      if (!sameShape(value.shape.with(axis, 0), first.shape.with(axis, 0))) {
        const expected = `${shapeToString(first.shape)} but for axis ${axis}`;
        throw shapeFault('concat', operand, expected, shapeToString(value.shape));
      }
    }
    const size = inputs.reduce<Dim>((sum, value) => addDims(sum, nth(value.shape, axis)), 0);
    return [{ dtype: first.dtype, shape: first.shape.with(axis, size) }];
  },
  gradient({ inputs, attrs: { axis } }, [dy]) {
    if (!dy) return [];
    const sizes = inputs.map((value) => nth(value.shape, axis));
    return split(dy, sizes, axis);
  },
  onnx: (emit, inputs, { attrs }) => emit.node('Concat', inputs, { axis: { int: attrs.axis } }),
  eager: (tf, inputs, { attrs }) => [tf.concat([...inputs], attrs.axis)],
};

/** Joins values that agree in every other axis along `axis`. */
export function concat(values: readonly Value[], axis: number): Value {
  const [first, ...rest] = values;
  if (!first) throw shapeFault('concat', 'values', 'one or more', 'none');
  if (rest.length === 0) return first;
  return apply(concatOp, [first, ...rest], { axis: normalizeAxis(axis, first.shape.length, 'concat') });
}
