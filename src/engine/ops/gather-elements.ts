import type { Dim } from '../dim.js';
import { type Op, type TfTensor, type Tfjs, type Value, apply, expectDType, nth, shapeFault } from '../op.js';
import { normalizeAxis, sameShape, shapeToString } from '../shape.js';
import { tensor } from '../tensor.js';
import { inverse } from './transpose.js';

// Picking elements and adding them back stand in one file because each is the other's gradient.

interface GatherElementsAttrs {
  readonly axis: number;
}

export const gatherElementsOp: Op<GatherElementsAttrs> = {
  name: 'gatherElements',
  infer(inputs, { axis }) {
    const [x, indices] = [nth(inputs, 0), nth(inputs, 1)];
    expectDType('gatherElements', 'x', x, 'float32', 'int32');
    expectDType('gatherElements', 'indices', indices, 'int32');
    if (x.shape.length !== indices.shape.length || !sameShape(x.shape.with(axis, 0), indices.shape.with(axis, 0))) {
      const expected = `${shapeToString(x.shape)} but for axis ${axis}`;
      throw shapeFault('gatherElements', 'indices', expected, shapeToString(indices.shape));
    }
    return [{ dtype: x.dtype, shape: indices.shape }];
  },
  gradient({ inputs, attrs: { axis } }, [dy]) {
    return [dy && scatterElementsAdd(nth(nth(inputs, 0).shape, axis), nth(inputs, 1), dy, axis)];
  },
  onnx: (emit, inputs, { attrs }) => emit.node('GatherElements', inputs, { axis: { int: attrs.axis } }),
  eager(tf, inputs, { attrs: { axis } }) {
    const perm = axisLast(nth(inputs, 0).rank, axis);
    const x = tf.transpose(nth(inputs, 0), perm);
    const indices = tf.transpose(nth(inputs, 1), perm);
    const picked = tf.gather(tf.reshape(x, [x.size]), flatIndices(tf, indices, nth(x.shape, -1)));
    return [tf.transpose(tf.reshape(picked, indices.shape), inverse(perm))];
  },
};

/**
 * y[.., j, ..] = x[.., indices[.., j, ..], ..] along `axis`: as many elements of each line of x as `indices` names.
 *
 * @param indices  int32, the shape of x but for `axis`; each in [0, size of the axis)
 * @returns        the shape of `indices`
 */
export function gatherElements(x: Value, indices: Value, axis: number): Value {
  return apply(gatherElementsOp, [x, indices], { axis: normalizeAxis(axis, x.shape.length, 'gatherElements') });
}

interface ScatterElementsAttrs {
  readonly axis: number;
  readonly size: Dim;
}

const ZERO = {
  float32: tensor('float32', [], Float32Array.of(0)),
  int32: tensor('int32', [], Int32Array.of(0)),
};

export const scatterElementsAddOp: Op<ScatterElementsAttrs> = {
  name: 'scatterElementsAdd',
  infer(inputs, { axis, size }) {
    const [indices, updates] = [nth(inputs, 0), nth(inputs, 1)];
    expectDType('scatterElementsAdd', 'indices', indices, 'int32');
    expectDType('scatterElementsAdd', 'updates', updates, 'float32', 'int32');
    if (!sameShape(indices.shape, updates.shape)) {
      const [expected, got] = [shapeToString(indices.shape), shapeToString(updates.shape)];
      throw shapeFault('scatterElementsAdd', 'updates', expected, got);
    }
    return [{ dtype: updates.dtype, shape: updates.shape.with(axis, size) }];
  },
  gradient: ({ inputs, attrs }, [dy]) => [undefined, dy && gatherElements(dy, nth(inputs, 0), attrs.axis)],
  onnx(emit, inputs, { outputs, attrs }) {
    const { dtype, shape } = nth(outputs, 0);
    const zeros = emit.node('Expand', [emit.constant(ZERO[dtype === 'int32' ? dtype : 'float32']), emit.dims(shape)]);
    // Not ScatterND: ONNX Runtime runs that in parallel on the CPU, and additions to one element race.
    const attributes = { axis: { int: attrs.axis }, reduction: { string: 'add' } };
    return emit.node('ScatterElements', [nth(zeros, 0), ...inputs], attributes);
  },
  eager(tf, inputs, { attrs: { axis, size } }, env) {
    const perm = axisLast(nth(inputs, 0).rank, axis);
    const indices = tf.transpose(nth(inputs, 0), perm);
    const updates = tf.transpose(nth(inputs, 1), perm);
    const shape = updates.shape.with(-1, env.dim(size));
    const flat = tf.reshape(flatIndices(tf, indices, nth(shape, -1)), [indices.size, 1]);
    const sum = tf.scatterND(flat, tf.reshape(updates, [updates.size]), [shape.reduce((p, d) => p * d, 1)]);
    return [tf.transpose(tf.reshape(sum, shape), inverse(perm))];
  },
};

/**
 * Zeros of `size` along `axis`, to which each update is added at the place that `indices` names: the adjoint of
 * `gatherElements`. Updates of one place are added up.
 *
 * @param indices  int32, the shape of `updates`; each in [0, size)
 */
export function scatterElementsAdd(size: Dim, indices: Value, updates: Value, axis: number): Value {
  const k = normalizeAxis(axis, updates.shape.length, 'scatterElementsAdd');
  return apply(scatterElementsAddOp, [indices, updates], { axis: k, size });
}

/** The permutation that moves `axis` behind all others. */
function axisLast(rank: number, axis: number): number[] {
  return [...Array(rank).keys()].filter((k) => k !== axis).concat(axis);
}

/** Indices into lines of `width` elements as indices into all lines joined: line · width + index. */
function flatIndices(tf: Tfjs, indices: TfTensor, width: number): TfTensor {
  const perLine = nth(indices.shape, -1);
  const lines = perLine === 0 ? 0 : indices.size / perLine;
  const starts = tf.mul(tf.range(0, lines, 1, 'int32'), tf.scalar(width, 'int32'));
  return tf.reshape(tf.add(tf.reshape(indices, [lines, perLine]), tf.reshape(starts, [lines, 1])), [indices.size]);
}
