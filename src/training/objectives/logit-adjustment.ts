import { ValidationError } from '../../common/errors.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { labelVector } from './label-vector.js';

/** A label never seen counts as if it had this share, so that its logarithm is finite. */
const LEAST_SHARE = 1e-6;

interface AdjustmentOptions {
  readonly logitAdjustment: number;
  readonly labelShares?: readonly number[] | undefined;
}

/**
 * Logits + τ · ln π: training on a long-tailed set with these lets the plain logits rank labels as if all were equally
 * common. π is the share of each label in the training set, τ = `logitAdjustment`; 0 leaves the logits as they are.
 *
 * Menon et al. 2021, "Long-tail learning via logit adjustment", Eq. 10, arXiv:2007.07314.
 *
 * @param logits  [...rows, labels]
 */
export function adjusted(logits: Value, { logitAdjustment, labelShares }: AdjustmentOptions): Value {
  if (logitAdjustment === 0) return logits;
  if (!labelShares) throw new ValidationError('logitAdjustment: expected labelShares beside it, got none');
  const offsets = labelShares.map((share) => logitAdjustment * Math.log(Math.max(share, LEAST_SHARE)));
  return add(logits, labelVector(logits, 'labelShares', offsets));
}
