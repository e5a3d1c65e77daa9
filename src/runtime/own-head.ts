import type { BaseTensors } from '../adapters/base-tensors.js';
import type { Brick } from '../adapters/brick.js';
import { ShapeError } from '../common/errors.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import { headTensors, mapHead } from '../models/head-tensors.js';
import type { Head } from '../models/heads.js';

/**
 * A brick's head in memory of its own, but for what the base has. Views into a whole adapter file would keep the file in
 * memory, and the engine takes no shared memory as input.
 *
 * @throws ShapeError  when the brick leaves a tensor to the base that this one does not have: it is another base's
 */
export function ownHead({ head, headFromBase = {} }: Brick, base: BaseTensors): Head | undefined {
  if (head === undefined) return undefined;
  return mapHead(head, (place, value) => {
    const name = headFromBase[place];
    if (name === undefined) return copy(value);
    const found = base.get(name);
    if (found !== undefined) return found;
    throw new ShapeError(`brick: head ${place}: expected ${name} in the base, got nothing`);
  });
}

/** Bytes of a head's weights, without those that are left to the base. */
export function headBytes(head: Head): number {
  return [...headTensors(head).values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

function copy({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  return tensor('float32', shape, new Float32Array(data)); // on an ArrayBuffer, whatever `data` lies on
}
