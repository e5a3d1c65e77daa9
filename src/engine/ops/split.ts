import { type Dim, addDims, dimToString, sameDim } from '../dim.js';
import { type Value, nth, shapeFault } from '../op.js';
import { type Shape, normalizeAxis, shapeToString } from '../shape.js';
import { slice } from './slice.js';

/**
 * Cuts x along `axis` into parts of these sizes.
 * @throws ShapeError when the sizes do not add up to the axis
 */
export function split(x: Value, sizes: Shape, axis: number): Value[] {
  const k = normalizeAxis(axis, x.shape.length, 'split');
  let end: Dim = 0;
  const bounds = sizes.map((size) => {
    const start = end;
    end = addDims(start, size);
    return [start, end] as const;
  });
  if (!sameDim(end, nth(x.shape, k))) {
    throw shapeFault('split', 'sizes', `a sum of ${dimToString(nth(x.shape, k))}`, shapeToString(sizes));
  }
  return bounds.map(([from, to]) => slice(x, { starts: [from], ends: [to], axes: [k] }));
}
