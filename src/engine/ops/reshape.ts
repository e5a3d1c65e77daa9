import { type Dim, divDims, mulDims, sameDim } from '../dim.js';
import { type OnnxEmitter, type Op, type Value, apply, nth, shapeFault } from '../op.js';
import { type Shape, normalizeAxes, sameShape, shapeToString, sizeOfShape } from '../shape.js';

interface ReshapeAttrs {
  readonly shape: Shape;
}

export const reshapeOp: Op<ReshapeAttrs> = {
  name: 'reshape',
  infer(inputs, { shape }) {
    const x = nth(inputs, 0);
    if (!sameDim(sizeOfShape(x.shape), sizeOfShape(shape))) {
      throw shapeFault('reshape', 'shape', `as many elements as ${shapeToString(x.shape)}`, shapeToString(shape));
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs }, [dy]) => [dy && reshape(dy, nth(inputs, 0).shape)],
  onnx(emit, inputs, { inputs: [x], attrs: { shape } }) {
    return lower(emit, nth(inputs, 0), x?.shape ?? [], shape);
  },
  eager: (tf, inputs, { attrs }, env) => [
    tf.reshape(
      nth(inputs, 0),
      attrs.shape.map((d) => env.dim(d)),
    ),
  ],
};

/**
 * The same elements in row-major order under another shape. One size may be -1: what is left over, exactly.
 *
 * @throws ShapeError when the number of elements differs for any value of the symbolic dimensions
 */
export function reshape(x: Value, shape: Shape): Value {
  const full = fillIn(x.shape, shape);
  return sameShape(full, x.shape) ? x : apply(reshapeOp, [x], { shape: full });
}

/** Inserts axes of size 1; `axes` count in the result. */
export function unsqueeze(x: Value, axes: readonly number[]): Value {
  const shape: Dim[] = [...x.shape];
  for (const axis of normalizeAxes(axes, x.shape.length + axes.length, 'unsqueeze')) shape.splice(axis, 0, 1);
  return reshape(x, shape);
}

/**
 * Removes axes of size 1.
 * @throws ShapeError when one of them has another size
 */
export function squeeze(x: Value, axes: readonly number[]): Value {
  const gone = normalizeAxes(axes, x.shape.length, 'squeeze');
  if (gone.some((axis) => x.shape[axis] !== 1)) {
    throw shapeFault('squeeze', 'x', `size 1 at axes ${shapeToString(gone)}`, shapeToString(x.shape));
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !gone.includes(axis)),
  );
}

function fillIn(from: Shape, to: Shape): Shape {
  const open = to.indexOf(-1);
  if (open < 0) return to;
  const known = to.filter((_, i) => i !== open).reduce<Dim>(mulDims, 1);
  return to.with(open, divDims(sizeOfShape(from), known));
}

/**
 * ONNX asks for the new shape as a tensor. It is a constant wherever possible, since computing it costs several small
 * nodes a run: 0 copies the size at the same index, -1 stands for the only symbolic one. The two are never mixed, since
 * -1 cannot be found beside a size that is 0 in an empty batch.
 */
function lower(emit: OnnxEmitter, x: string, from: Shape, to: Shape): string[] {
  const symbolic = to.flatMap((d, i) => (typeof d === 'number' ? [] : [i]));
  const copied = symbolic.every((i) => i < from.length && sameDim(nth(from, i), nth(to, i)));
  if ((copied || symbolic.length === 1) && !to.includes(0)) {
    const sizes = to.map((d) => (typeof d === 'number' ? d : copied ? 0 : -1));
    return emit.node('Reshape', [x, emit.int64(sizes)]);
  }
  if (sameShape(withoutOnes(from), withoutOnes(to))) {
    const [squeezed = x] = onesOf(from).length ? emit.node('Squeeze', [x, emit.int64(onesOf(from))]) : [];
    return onesOf(to).length ? emit.node('Unsqueeze', [squeezed, emit.int64(onesOf(to))]) : [squeezed];
  }
  return emit.node('Reshape', [x, emit.dims(to)], { allowzero: { int: 1 } });
}

function withoutOnes(shape: Shape): Shape {
  return shape.filter((d) => d !== 1);
}

function onesOf(shape: Shape): number[] {
  return shape.flatMap((d, i) => (d === 1 ? [i] : []));
}
