import type { CutOptions } from '../../adapters/routing/squad-cut.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import { chooseExperts } from './choose-experts.js';
import { factorsAt, rowOf, taskNumber, type Squad, type SquadFactors } from './squad.js';

export interface ExtractOptions extends CutOptions {
  readonly task: string;
}

/** One task's part of a squad. */
export interface ExtractedSquad {
  /** With this task alone. */
  readonly squad: Squad;
  /** By the places' names, the numbers that the experts had; the same at all places when cut by `experts`. */
  readonly kept: ReadonlyMap<string, readonly number[]>;
}

/**
 * The sub-model of one task: the experts that it uses, see `chooseExperts`, and its router's rows for them.
 *
 * @throws ValidationError  for a task that the squad has not, and numbers of experts below k or beyond all
 */
export function extractSquad(squad: Squad, options: ExtractOptions): ExtractedSquad {
  const task = taskNumber(squad, options.task);
  const usages = new Map(squad.places.map((place) => [place.name, rowOf(factorsAt(squad, place).usage, task).data]));
  const kept = chooseExperts(squad, usages, options);
  const factors = squad.places.map((place): [string, SquadFactors] => [
    place.name,
    cut(factorsAt(squad, place), kept.get(place.name) ?? [], task, squad.rank),
  ]);
  const experts = Math.max(...[...kept.values()].map(({ length }) => length));
  return { squad: { ...squad, experts, tasks: [options.task], factors: new Map(factors) }, kept };
}

function cut({ a, b, router, usage }: SquadFactors, kept: readonly number[], task: number, rank: number): SquadFactors {
  const own = chosen(rowOf(router, task), kept, 1);
  const used = chosen(rowOf(usage, task), kept, 1);
  return {
    a: chosen(a, kept, rank),
    b: chosen(b, kept, rank),
    router: tensor('float32', [1, ...own.shape], own.data),
    usage: tensor('float32', [1, ...used.shape], used.data),
  };
}

/** Blocks of `size` rows each, by their numbers. */
function chosen(held: Tensor<'float32'>, blocks: readonly number[], size: number): Tensor<'float32'> {
  const width = sizeOf(held.shape.slice(1)) * size;
  const data = new Float32Array(blocks.length * width);
  blocks.forEach((block, at) => data.set(held.data.subarray(block * width, (block + 1) * width), at * width));
  return tensor('float32', [blocks.length * size, ...held.shape.slice(1)], data);
}
