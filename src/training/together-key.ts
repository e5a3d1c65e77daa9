import type { TrainingSpec } from './hyperparameters.js';

/** Methods whose parameters have a leading axis of runs; the others change the base. */
const STACKABLE: ReadonlySet<string> = new Set([
  'lora',
  'dora',
  'ia3',
  'bottleneck',
  'prefix',
  'prompt',
  'p_tuning',
  'bitfit',
]);

/**
 * Runs of equal keys may train in one batch: the structure of their graph is the same but for sizes, so base, task, method,
 * rank bucket, objective, optimiser and dropout. Data, labels, learning rates, schedules, lengths and seeds are each run's
 * own.
 *
 * @returns  undefined for a run that trains alone: one whose result is a base, that goes on from an adapter, whose files may
 *           have any structure, that has a teacher or adapts, whose objective hangs on its data, or that is trained through
 *           a prompt
 */
export function togetherKey({
  base,
  task,
  problem,
  method,
  objective,
  initial,
  teacher,
  optimizer,
  dropout,
  labelWeights,
  ...spec
}: TrainingSpec): string | undefined {
  if (!STACKABLE.has(method.name) || initial !== undefined || teacher !== undefined) return undefined;
  if (spec.adapt !== undefined) return undefined;
  if ((task === 'embedding' && objective === undefined) || labelWeights !== 'none') return undefined;
  if (objective?.name === 'prompt' || objective?.name === 'multi_task') return undefined;
  if (objective?.name === 'cross_entropy' && objective.logitAdjustment > 0) return undefined;
  const { layerDecay, gradientCheckpointing, maskedShare, threads } = spec;
  const shape = 'rank' in method ? { ...method, rank: rankBucket(method.rank), alpha: undefined } : method;
  const shared = [base, task, problem, shape, objective, optimizer, dropout];
  return JSON.stringify([...shared, layerDecay, gradientCheckpointing, maskedShare, threads]);
}

/** The next power of two, at least 8: smaller ranks are padded to it at little cost. */
function rankBucket(rank: number): number {
  return Math.max(8, 2 ** Math.ceil(Math.log2(rank)));
}
