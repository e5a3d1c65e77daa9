import { WHOLE_METHODS } from '../adapters/whole-model.js';
import type { TrainingSpec } from './hyperparameters.js';
import { tasksObjective } from './run/task-heads.js';

interface Rule {
  /** Why a run that `holds` is of trains alone. */
  readonly reason: string;
  readonly holds: (spec: TrainingSpec) => boolean;
}

const ALONE: readonly Rule[] = [
  { reason: 'its result is a base', holds: ({ method }) => WHOLE_METHODS.includes(method.name) },
  { reason: 'it goes on from files, of any structure', holds: ({ initial }) => initial !== undefined },
  { reason: 'it has a teacher', holds: ({ teacher }) => teacher !== undefined },
  { reason: 'its head is not trained', holds: ({ head }) => head === 'frozen' },
  { reason: 'its method may change', holds: ({ adapt }) => adapt !== undefined },
  { reason: 'it is trained through a prompt', holds: ({ objective }) => objective?.name === 'prompt' },
  { reason: 'it has several tasks', holds: (spec) => tasksObjective(spec) !== undefined },
  {
    reason: 'its objective depends on its pairs',
    holds: ({ task, objective }) => task === 'embedding' && objective === undefined,
  },
  { reason: 'its objective depends on its label counts', holds: isBalanced },
];

function isBalanced({ labelWeights, objective }: TrainingSpec): boolean {
  return labelWeights !== 'none' || (objective?.name === 'cross_entropy' && objective.logitAdjustment > 0);
}

/** Why a run cannot share a batch with any other; undefined for one that can. */
export function aloneBecause(spec: TrainingSpec): string | undefined {
  return ALONE.find(({ holds }) => holds(spec))?.reason;
}

/**
 * Runs of equal keys may train in one batch: the structure of their graph is the same but for sizes, so base, task, method,
 * rank bucket, objective, optimiser and dropout. Data, labels, learning rates, schedules, lengths and seeds are each run's
 * own.
 *
 * @returns  undefined for a run that trains alone, see `aloneBecause`
 */
export function togetherKey(spec: TrainingSpec): string | undefined {
  if (aloneBecause(spec) !== undefined) return undefined;
  const { base, task, problem, method, objective, optimizer, dropout } = spec;
  const { layerDecay, gradientCheckpointing, maskedShare, threads } = spec;
  const shape = 'rank' in method ? { ...method, rank: rankBucket(method.rank), alpha: undefined } : method;
  const shared = [base, task, problem, shape, objective, optimizer, dropout];
  return JSON.stringify([...shared, layerDecay, gradientCheckpointing, maskedShare, threads]);
}

/** The next power of two, at least 8: smaller ranks are padded to it at little cost. */
function rankBucket(rank: number): number {
  return Math.max(8, 2 ** Math.ceil(Math.log2(rank)));
}
