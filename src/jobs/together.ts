import { sha256Hex } from '../common/digest.js';
import { factsOf } from '../training/advisor/facts.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { togetherKey } from '../training/together-key.js';
import type { FineTuningJob } from './fine-tuning-job.entity.js';
import { fitOf } from './fits/fit-request.js';
import { labelsFor, planTraining } from './training-plan.js';

/**
 * Tokens of a step, or of the part of one that is computed at once, from which on a run fills the matrix units by itself:
 * beyond, runs side by side are slower than one after the other (bench `train-together`).
 */
export const GROUPED_TOKENS = 128;

/**
 * Jobs of equal keys may train in one batch, whoever's they are: a digest of all that the structure of a run hangs on.
 *
 * @returns  null for a job that trains alone: one whose steps are large, that goes on from a version, and those of
 *           `togetherKey`
 * @throws ValidationError  for a request that no run can be made of
 */
export function togetherKeyOf(
  { request, parentModel }: Pick<FineTuningJob, 'request' | 'parentModel'>,
  card: DataCard,
) {
  if (fitOf(request)) return null;
  const facts = factsOf(card);
  const spec = planTraining(request, {
    base: 'base',
    train: 'train',
    facts,
    labels: labelsFor(request, card),
    threads: 1,
  });
  if (parentModel !== null || (spec.batchSize / spec.accumulation) * facts.rowTokens > GROUPED_TOKENS) return null;
  const key = togetherKey(spec);
  return key === undefined ? null : sha256Hex(key);
}
