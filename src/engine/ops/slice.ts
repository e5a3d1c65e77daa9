import { type Dim, addDims, dimToString, sameDim, subDims } from '../dim.js';
import { type Op, type Value, apply, expectDType, nth, shapeFault } from '../op.js';
import { type Shape, normalizeAxis, shapeToString } from '../shape.js';

// Cutting out and padding with zeros stand in one file because each is the other's gradient.

/** One start and one end for each axis of x, counted from 0. */
interface SliceAttrs {
  readonly starts: Shape;
  readonly ends: Shape;
}

export const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  infer(inputs, { starts, ends }) {
    const x = nth(inputs, 0);
    const shape = x.shape.map((size, i) => sliceLength(size, nth(starts, i), nth(ends, i)));
    return [{ dtype: x.dtype, shape }];
  },
  gradient({ inputs, attrs }, [dy]) {
    const { shape } = nth(inputs, 0);
    return [dy && pad(dy, { before: attrs.starts, after: shape.map((size, i) => subDims(size, nth(attrs.ends, i))) })];
  },
  onnx(emit, inputs, { inputs: [x], attrs: { starts, ends } }) {
    const shape = x?.shape ?? [];
    const cut = [...shape.keys()].filter((i) => starts[i] !== 0 || !sameDim(nth(ends, i), nth(shape, i)));
    const pick = (dims: Shape) => emit.dims(cut.map((i) => nth(dims, i)));
    return emit.node('Slice', [nth(inputs, 0), pick(starts), pick(ends), emit.int64(cut)]);
  },
  eager(tf, inputs, { attrs: { starts, ends } }, env) {
    const begin = starts.map((d) => env.dim(d));
    return [
      tf.slice(
        nth(inputs, 0),
        begin,
        ends.map((d, i) => env.dim(d) - nth(begin, i)),
      ),
    ];
  },
};

export interface SliceOptions {
  readonly starts: Shape;
  /** Exclusive. */
  readonly ends: Shape;
  /** Axes that starts and ends are for; default: the first ones. */
  readonly axes?: readonly number[];
}

/**
 * The block [starts, ends) of x. Negative numbers count from the end of the axis; symbolic bounds must lie in it in
 * every run.
 *
 * @throws ShapeError when bounds known now are out of range
 */
export function slice(x: Value, { starts, ends, axes = [...starts.keys()] }: SliceOptions): Value {
  if (starts.length !== axes.length || ends.length !== axes.length) {
    throw shapeFault('slice', 'ends', `${axes.length} starts and ends`, shapeToString(ends));
  }
  const from: Dim[] = x.shape.map(() => 0);
  const to: Dim[] = [...x.shape];
  for (const [i, axis] of axes.entries()) {
    const k = normalizeAxis(axis, x.shape.length, 'slice');
    from[k] = fromStart(nth(starts, i), nth(x.shape, k));
    to[k] = fromStart(nth(ends, i), nth(x.shape, k));
  }
  const whole = x.shape.every((size, i) => from[i] === 0 && sameDim(nth(to, i), size));
  return whole ? x : apply(sliceOp, [x], { starts: from, ends: to });
}

interface PadAttrs {
  readonly before: Shape;
  readonly after: Shape;
}

export const padOp: Op<PadAttrs> = {
  name: 'pad',
  infer(inputs, { before, after }) {
    const x = nth(inputs, 0);
    expectDType('pad', 'x', x, 'float32', 'int32');
    const sizes = [...before, ...after];
    if (before.length !== x.shape.length || after.length !== x.shape.length || sizes.some((d) => Number(d) < 0)) {
      throw shapeFault(
        'pad',
        'before, after',
        `a size for each axis of ${shapeToString(x.shape)}`,
        shapeToString(sizes),
      );
    }
    const shape = x.shape.map((size, i) => addDims(size, addDims(nth(before, i), nth(after, i))));
    return [{ dtype: x.dtype, shape }];
  },
  gradient({ inputs, attrs: { before } }, [dy]) {
    const { shape } = nth(inputs, 0);
    return [dy && slice(dy, { starts: before, ends: shape.map((size, i) => addDims(size, nth(before, i))) })];
  },
  onnx: (emit, inputs, { attrs: { before, after } }) =>
    emit.node('Pad', [nth(inputs, 0), emit.dims([...before, ...after])]),
  eager: (tf, inputs, { attrs: { before, after } }, env) => [
    tf.pad(
      nth(inputs, 0),
      before.map((d, i) => [env.dim(d), env.dim(nth(after, i))] as [number, number]),
    ),
  ],
};

/** x with `before[i]` zeros put before axis i and `after[i]` behind it. */
export function pad(x: Value, { before, after }: { before: Shape; after: Shape }): Value {
  return [...before, ...after].every((d) => d === 0) ? x : apply(padOp, [x], { before, after });
}

function fromStart(bound: Dim, size: Dim): Dim {
  return typeof bound === 'number' && bound < 0 ? addDims(size, bound) : bound;
}

function sliceLength(size: Dim, start: Dim, end: Dim): Dim {
  const length = subDims(end, start);
  const beyond = subDims(size, end);
  if ([start, length, beyond].some((d) => typeof d === 'number' && d < 0)) {
    const got = `[${dimToString(start)}, ${dimToString(end)})`;
    throw shapeFault('slice', 'starts, ends', `0 ≤ start ≤ end ≤ ${dimToString(size)}`, got);
  }
  return length;
}
