import { type Op, type Value, apply, expectDType, expectRank, nth } from '../op.js';
import { normalizeAxis } from '../shape.js';
import { scatterAdd } from './scatter-add.js';
import { inverse, transpose } from './transpose.js';

interface GatherAttrs {
  readonly axis: number;
}

export const gatherOp: Op<GatherAttrs> = {
  name: 'gather',
  infer(inputs, { axis }) {
    const [x, indices] = [nth(inputs, 0), nth(inputs, 1)];
    expectRank('gather', 'x', x, 1);
    expectDType('gather', 'indices', indices, 'int32');
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }];
  },
  gradient({ inputs, attrs: { axis } }, [dy]) {
    if (!dy) return [];
    const [x, indices] = [nth(inputs, 0), nth(inputs, 1)];
    const first = axesFirst(dy.shape.length, axis, indices.shape.length);
    const sum = scatterAdd(nth(x.shape, axis), indices, permute(dy, first)); // [size of axis, ...other axes]
    return [permute(sum, inverse(axesFirst(x.shape.length, axis, 1)))];
  },
  onnx: (emit, inputs, { attrs }) => emit.node('Gather', inputs, { axis: { int: attrs.axis } }),
  eager: (tf, inputs, { attrs }) => [tf.gather(nth(inputs, 0), nth(inputs, 1), attrs.axis)],
};

/**
 * The parts of x that `indices` name along `axis` (default: 0), e.g. rows of an embedding table. The gradient adds up
 * what several equal indices took.
 *
 * @param x        [...before, size, ...after]
 * @param indices  [...n] int32, each in [0, size): a greater one fails when the graph is run, a negative one fails or
 *                 counts from the end
 * @returns        [...before, ...n, ...after]
 */
export function gather(x: Value, indices: Value, axis = 0): Value {
  expectRank('gather', 'x', x, 1);
  return apply(gatherOp, [x, indices], { axis: normalizeAxis(axis, x.shape.length, 'gather') });
}

/** The permutation that moves `count` axes from `axis` on before all others. */
function axesFirst(rank: number, axis: number, count: number): number[] {
  const axes = [...Array(rank).keys()];
  return [...axes.splice(axis, count), ...axes];
}

function permute(x: Value, perm: readonly number[]): Value {
  return perm.every((axis, i) => axis === i) ? x : transpose(x, perm);
}
