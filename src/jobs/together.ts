import { sha256Hex } from '../common/digest.js';
import { factsOf } from '../training/advisor/facts.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { togetherKey } from '../training/together-key.js';
import type { FineTuningJob } from './fine-tuning-job.entity.js';
import { labelsFor, planTraining } from './training-plan.js';

/**
 * Jobs of equal keys may train in one batch, whoever's they are: a digest of all that the structure of a run hangs on.
 *
 * @returns  null for a job that trains alone: one that goes on from a version, and those of `togetherKey`
 * @throws ValidationError  for a request that no run can be made of
 */
export function togetherKeyOf(
  { request, parentModel }: Pick<FineTuningJob, 'request' | 'parentModel'>,
  card: DataCard,
) {
  const spec = planTraining(request, {
    base: 'base',
    train: 'train',
    facts: factsOf(card),
    labels: labelsFor(request, card),
    threads: 1,
  });
  if (parentModel !== null) return null;
  const key = togetherKey(spec);
  return key === undefined ? null : sha256Hex(key);
}
