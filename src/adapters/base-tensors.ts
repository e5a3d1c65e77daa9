import type { Tensor } from '../engine/tensor.js';
import { headTensors, mapHead } from '../models/head-tensors.js';
import type { BaseModel } from '../models/base-model.js';
import type { Brick } from './brick.js';

/** Tensors of a base that the head of an adapter may be made of, by names that the base's digest fixes. */
export type BaseTensors = ReadonlyMap<string, Tensor<'float32'>>;

const POOLER = ['pooler.dense.weight', 'pooler.dense.bias'];

/** The pooler, and the tensors of the base's own heads as `sequence.dense.weight`. */
export function baseTensors({ heads, weights }: Pick<BaseModel, 'heads' | 'weights'>): BaseTensors {
  const tensors = new Map<string, Tensor<'float32'>>();
  for (const name of POOLER) {
    const found = weights.get(name);
    if (found) tensors.set(name, found);
  }
  for (const head of [heads.sequence, heads.token, heads.maskedLm]) {
    if (head === undefined) continue;
    for (const [place, value] of headTensors(head)) tensors.set(`${head.kind}.${place}`, value);
  }
  return tensors;
}

const EMPTY: Tensor<'float32'> = { dtype: 'float32', shape: [0], data: new Float32Array(0) };

/**
 * The brick without the tensors of its head that are the base's own, such as BERT's pooler below a trained classifier or
 * a tied decoder: named in `headFromBase`, and empty in `head`.
 */
export function leaveToBase(brick: Brick, tensors: BaseTensors): Brick {
  if (brick.head === undefined) return brick;
  const names = new Map([...tensors].map(([name, value]) => [value, name]));
  const headFromBase: Record<string, string> = {};
  const head = mapHead(brick.head, (place, value) => {
    const name = names.get(value);
    if (name === undefined) return value;
    headFromBase[place] = name;
    return EMPTY;
  });
  return Object.keys(headFromBase).length === 0 ? brick : { ...brick, head, headFromBase };
}
