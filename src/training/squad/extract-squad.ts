import { ValidationError } from '../../common/errors.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import { factorsAt, rowOf, taskNumber, type Squad, type SquadFactors } from './squad.js';

export interface ExtractOptions {
  readonly task: string;
  /**
   * `layers`: the experts of each place by its own usage, as Mod-Squad cuts; the result's experts are new bricks, each made of
   * what was kept at each place. `experts`: whole experts by their mean usage, which other tasks may go on sharing.
   */
  readonly by?: 'layers' | 'experts';
  /** An expert stays that has more than threshold / k per cent of the task's choices. Default 3. */
  readonly threshold?: number;
  /** Experts that stay, whatever the threshold. */
  readonly keep?: number;
}

/** One task's part of a squad. */
export interface ExtractedSquad {
  /** With this task alone. */
  readonly squad: Squad;
  /** By the places' names, the numbers that the experts had; the same at all places when cut by `experts`. */
  readonly kept: ReadonlyMap<string, readonly number[]>;
}

/**
 * The sub-model of one task: the experts that it uses, and its router's rows for them. Those with a usage u > threshold / k stay,
 * never fewer than k, and at every place as many as at the place that keeps most, the next most used filling up; in their old
 * order, so that of equal scores the same comes first.
 *
 * Chen et al. 2023, "Mod-Squad", §3.3, arXiv:2212.08066.
 *
 * @throws ValidationError  for a task that the squad has not, and numbers of experts below k or beyond all
 */
export function extractSquad(squad: Squad, options: ExtractOptions): ExtractedSquad {
  const task = taskNumber(squad, options.task);
  const usages = new Map(squad.places.map((place) => [place.name, rowOf(factorsAt(squad, place).usage, task).data]));
  const shared = options.by === 'experts' ? meanOf([...usages.values()]) : undefined;
  const usageAt = (place: string): Float32Array => shared ?? usages.get(place) ?? new Float32Array(squad.experts);
  const count = countOf(
    squad,
    options,
    squad.places.map(({ name }) => usageAt(name)),
  );
  const kept = new Map(squad.places.map(({ name }) => [name, mostUsed(usageAt(name), count)]));
  const factors = squad.places.map((place): [string, SquadFactors] => [
    place.name,
    cut(factorsAt(squad, place), kept.get(place.name) ?? [], task, squad.rank),
  ]);
  return {
    squad: { ...squad, experts: count, tasks: [options.task], factors: new Map(factors) },
    kept,
  };
}

function countOf(
  { topK, experts }: Squad,
  { keep, threshold = 3 }: ExtractOptions,
  usages: readonly Float32Array[],
): number {
  if (keep !== undefined) {
    if (Number.isInteger(keep) && keep >= topK && keep <= experts) return keep;
    throw new ValidationError(`squad: keep: expected an integer from ${topK} to ${experts}, got ${keep}`, {
      param: 'keep',
    });
  }
  if (!Number.isFinite(threshold) || threshold < 0)
    throw new ValidationError(`squad: threshold: expected a number from 0, got ${threshold}`, { param: 'threshold' });
  const above = usages.map((usage) => usage.filter((share) => share > threshold / topK).length);
  return Math.max(topK, ...above);
}

/** Numbers of the `count` greatest, ascending; of equal ones the first. */
function mostUsed(usage: Float32Array, count: number): number[] {
  const order = Array.from(usage.keys()).sort((one, other) => usage[other]! - usage[one]! || one - other);
  return order.slice(0, count).sort((one, other) => one - other);
}

function meanOf(usages: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = usages;
  return first.map((_, at) => usages.reduce((sum, usage) => sum + usage[at]!, 0) / usages.length);
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
