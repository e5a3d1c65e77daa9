import { type Node, type OnnxEmitter, type Value, nth } from '../op.js';
import { type Shape, normalizeAxes } from '../shape.js';

export interface ReduceOptions {
  /** Axes to reduce, counted from the end when negative. Default: all. */
  readonly axes?: readonly number[];
  /** Leave reduced axes in place with size 1. Default: false. */
  readonly keepDims?: boolean;
}

/** `axes` distinct, from 0, rising. */
export interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export function reduceAttrs(op: string, x: Value, { axes, keepDims = false }: ReduceOptions): ReduceAttrs {
  return { axes: normalizeAxes(axes ?? [...x.shape.keys()], x.shape.length, op), keepDims };
}

/** `shape` with size 1 at `axes`. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

export function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs): Shape {
  return keepDims ? keptShape(shape, axes) : shape.filter((_, i) => !axes.includes(i));
}

export function reduceOnnx(
  opType: string,
  emit: OnnxEmitter,
  inputs: readonly string[],
  { attrs }: Node<ReduceAttrs>,
): string[] {
  const keepdims = { int: attrs.keepDims ? 1 : 0 };
  return emit.node(opType, [nth(inputs, 0), emit.int64(attrs.axes)], { keepdims });
}
