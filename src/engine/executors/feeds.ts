import { ShapeError } from '../../common/errors.js';
import { evaluateDim } from '../dim.js';
import type { Value } from '../op.js';
import { shapeToString } from '../shape.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { bindDims, type DimSource } from './dim-sources.js';

export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Checks the feeds of a run against the graph's inputs and gives the value of every symbolic dimension.
 *
 * @throws ShapeError  `run: ids: expected int32 [batch, seq] = [2, 7], got …` for a feed that is missing, unknown, of
 *                     another dtype, shape or number of elements
 */
export function checkFeeds(
  inputs: ReadonlyMap<string, Value>,
  sources: readonly DimSource[],
  feeds: Tensors,
): Record<string, number> {
  for (const name of Object.keys(feeds)) {
    if (!inputs.has(name)) throw new ShapeError(`run: ${name}: expected one of ${[...inputs.keys()].join(', ')}`);
  }
  for (const [name, { dtype, shape }] of inputs) {
    const fed = feeds[name];
    if (fed?.dtype === dtype && fed.shape.length === shape.length) continue;
    const got = fed ? `${fed.dtype} ${shapeToString(fed.shape)}` : 'none';
    throw new ShapeError(`run: ${name}: expected ${dtype} ${shapeToString(shape)}, got ${got}`);
  }
  const dims = bindDims(sources, (name) => feeds[name]?.shape ?? []);
  for (const [name, value] of inputs) {
    const fed = feeds[name];
    if (fed) checkTensor(name, fed, value, dims);
  }
  return dims;
}

/** Checks the caller's output tensors against what the run will write into them. */
export function checkTargets(outputs: ReadonlyMap<string, Value>, into: Tensors, dims: Record<string, number>): void {
  for (const [name, target] of Object.entries(into)) {
    const value = outputs.get(name);
    if (!value) throw new ShapeError(`run: into.${name}: expected one of ${[...outputs.keys()].join(', ')}`);
    checkTensor(`into.${name}`, target, value, dims);
  }
}

function checkTensor(name: string, given: Tensor, value: Value, dims: Record<string, number>): void {
  const expected = value.shape.map((size) => evaluateDim(size, dims));
  const fits = given.dtype === value.dtype && shapeToString(given.shape) === shapeToString(expected);
  if (fits && given.data.length === sizeOf(expected)) return;
  const wanted = `${value.dtype} ${shapeToString(value.shape)} = ${shapeToString(expected)}`;
  const got = `${given.dtype} ${shapeToString(given.shape)} of ${given.data.length} elements`;
  throw new ShapeError(`run: ${name}: expected ${wanted}, got ${got}`);
}
