import { ValidationError } from '../../common/errors.js';
import type { HeadLabels } from '../../models/heads.js';
import type { TrainingSpec } from '../hyperparameters.js';
import { classWeights } from '../objectives/class-weights.js';
import type { ObjectiveOptions } from '../objectives/table.js';
import type { EncodedExample } from './encoded-example.js';

/** Targets of each label: rows that have it, or tokens. [labels] */
export function labelCounts({ labels }: HeadLabels, examples: readonly EncodedExample[]): number[] {
  const counts = labels.map(() => 0);
  const add = (label: number, count = 1): void => {
    if (label >= 0) counts[label]! += count;
  };
  for (const { label, tokenLabels, values } of examples) {
    if (label !== undefined) add(label);
    tokenLabels?.forEach((found) => add(found));
    values?.forEach((value, at) => add(at, value));
  }
  return counts;
}

/**
 * The objective with what it takes from the training data filled in: weights of labels where `labelWeights` asks for them,
 * as `classWeights` has them for one label a row and negatives over positives (`balanced`) for several; shares of labels
 * for a logit adjustment without its own.
 *
 * @throws ValidationError  for weights of an objective that has none, or that are given already
 */
export function balancedObjective(
  objective: ObjectiveOptions,
  { labelWeights }: Pick<TrainingSpec, 'labelWeights'>,
  { counts, targets }: { readonly counts: readonly number[]; readonly targets: number },
): ObjectiveOptions {
  const isWeighed = labelWeights !== 'none';
  if (objective.name === 'cross_entropy') {
    const { classWeights: own, logitAdjustment, labelShares } = objective;
    if (isWeighed && own) throw new ValidationError('labelWeights: expected none beside class weights, got both');
    const total = counts.reduce((sum, count) => sum + count, 0);
    return {
      ...objective,
      ...(isWeighed && { classWeights: classWeights(counts, labelWeights) }),
      ...(logitAdjustment > 0 && !labelShares && { labelShares: counts.map((count) => count / Math.max(1, total)) }),
    };
  }
  if (!isWeighed) return objective;
  if (objective.name === 'prompt' && !objective.classWeights) {
    return { ...objective, classWeights: classWeights(counts, labelWeights) };
  }
  if (objective.name === 'binary_cross_entropy' && labelWeights === 'balanced' && !objective.positiveWeights) {
    return { ...objective, positiveWeights: counts.map((count) => (count === 0 ? 1 : (targets - count) / count)) };
  }
  const got = `${labelWeights} with ${objective.name}`;
  throw new ValidationError(
    `labelWeights: expected cross_entropy, or balanced with binary_cross_entropy without weights of its own, got ${got}`,
  );
}
