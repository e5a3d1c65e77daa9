import { ShapeError } from '../../common/errors.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { ParameterTensors } from '../parameter.js';
import { copyBlock } from '../step/copy-block.js';

type Floats = Tensor<'float32'>;

/** The step after which each part of a parameter began to train, shaped to broadcast against it. */
export type Since = number | Floats;

/**
 * Tensors of an enlarged structure: what was there keeps its place at the beginning of every axis, the rest is as the new
 * structure starts it.
 *
 * @param old    by name
 * @param start  of the new structure, by name; every old name is among them
 */
export function enlarged(old: ParameterTensors, start: ParameterTensors): Map<string, Floats> {
  const unknown = [...old.keys()].filter((name) => !start.has(name));
  if (unknown.length > 0) throw new ShapeError(`enlarge: expected every parameter to stay, got none for ${unknown[0]}`);
  return new Map(
    [...start].map(([name, { shape, data }]) => {
      const values = Float32Array.from(data);
      const held = old.get(name);
      if (held) copyBlock(held.data, held.shape, values, shape);
      return [name, tensor('float32', shape, values)];
    }),
  );
}

/**
 * When the parts of an enlarged parameter began: those that were there when they did, the others after `step`. So the
 * corrections of Adam's moments count from each part's own first step.
 *
 * @param before  of the old parameter
 * @throws ShapeError  when shapes differ along more than one axis
 */
export function enlargedSince(
  { shape: oldShape, before }: { readonly shape: readonly number[]; readonly before: Since },
  shape: readonly number[],
  step: number,
): Since {
  const changed = shape.flatMap((size, axis) => (size === oldShape[axis] ? [] : [axis]));
  const [axis, ...more] = changed;
  if (axis === undefined) return before;
  if (more.length > 0 || oldShape.length !== shape.length) {
    throw new ShapeError(
      `enlarge: expected a change along one axis, got [${oldShape.join(', ')}] to [${shape.join(', ')}]`,
    );
  }
  const [size = 0, old = 0] = [shape[axis], oldShape[axis]];
  const starts = new Float32Array(size).fill(step);
  for (let at = 0; at < old; at++) starts[at] = typeof before === 'number' ? before : (before.data[at] ?? step);
  return tensor(
    'float32',
    shape.map((_, at) => (at === axis ? size : 1)),
    starts,
  );
}
