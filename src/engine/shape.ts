import { ShapeError } from '../common/errors.js';
import { type Dim, dimToString, mulDims, sameDim } from './dim.js';

/** Sizes of all axes, outermost first. */
export type Shape = readonly Dim[];

export function shapeToString(shape: Shape): string {
  return `[${shape.map(dimToString).join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => sameDim(d, b[i] ?? NaN));
}

/** Number of elements, as a polynomial. */
export function sizeOfShape(shape: Shape): Dim {
  return shape.reduce<Dim>(mulDims, 1);
}

/**
 * The common shape of operands that are broadcast against each other (NumPy's rule: aligned at the last axis, 1 stretches).
 * A symbolic axis equals only itself or 1, since whether it is 1 is known too late to choose.
 *
 * @throws ShapeError naming `op` when two axes differ and neither is 1
 */
export function broadcastShapes(a: Shape, b: Shape, op = 'broadcast'): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const s = a[i - rank + a.length] ?? 1;
    const t = b[i - rank + b.length] ?? 1;
    if (sameDim(s, t) || sameDim(t, 1)) return s;
    if (sameDim(s, 1)) return t;
    throw new ShapeError(
      `${op}: b: expected a shape that broadcasts with ${shapeToString(a)}, got ${shapeToString(b)}`,
    );
  });
}

/** `axis`, which may count from the end, as an index from 0. */
export function normalizeAxis(axis: number, rank: number, op: string): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(`${op}: axis: expected an integer in [${-rank}, ${rank}), got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes from 0, in rising order. */
export function normalizeAxes(axes: readonly number[], rank: number, op: string): number[] {
  const sorted = axes.map((axis) => normalizeAxis(axis, rank, op)).sort((a, b) => a - b);
  if (new Set(sorted).size !== sorted.length) {
    throw new ShapeError(`${op}: axes: expected distinct axes, got ${shapeToString(axes)}`);
  }
  return sorted;
}
