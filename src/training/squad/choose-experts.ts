import { ValidationError } from '../../common/errors.js';
import type { CutOptions } from '../../adapters/routing/squad-cut.js';
import type { SquadShape } from './squad-shape.js';

/** How much a task uses each expert, in per cent of its choices, by the places' names. */
export type TaskUsage = ReadonlyMap<string, Float32Array>;

/**
 * The experts that stay, by the places' names: those with a usage u > threshold / k, never fewer than k, and at every place as
 * many as at the place that keeps most, the next most used filling up; in their old order, so that of equal scores the same
 * comes first. By `experts` the mean over places decides for all.
 *
 * Chen et al. 2023, "Mod-Squad", §3.3, arXiv:2212.08066.
 *
 * @throws ValidationError  for numbers of experts below k or beyond all
 */
export function chooseExperts(
  squad: Pick<SquadShape, 'topK' | 'experts'>,
  usages: TaskUsage,
  options: CutOptions,
): ReadonlyMap<string, readonly number[]> {
  const shared = options.by === 'experts' ? meanUsage(usages) : undefined;
  const deciding = [...usages].map(([place, usage]): [string, Float32Array] => [place, shared ?? usage]);
  const count = countOf(
    squad,
    options,
    deciding.map(([, usage]) => usage),
  );
  return new Map(deciding.map(([place, usage]) => [place, mostUsed(usage, count)]));
}

/** Over all places. */
export function meanUsage(usages: TaskUsage): Float32Array {
  const all = [...usages.values()];
  const [first = new Float32Array(0)] = all;
  return first.map((_, at) => all.reduce((sum, usage) => sum + usage[at]!, 0) / all.length);
}

function countOf(
  { topK, experts }: Pick<SquadShape, 'topK' | 'experts'>,
  { keep, threshold = 3 }: CutOptions,
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
