import type { Value } from '../../engine/graph.js';
import { labelVector } from './label-vector.js';

/** A label never seen counts as if it had this share, so that its logarithm is finite. */
const LEAST_SHARE = 1e-6;

/**
 * τ · ln π_k, added to the logits while training on a long-tailed set so that the plain logits rank labels as if all were
 * equally common; π is the share of each label in the training set.
 *
 * Menon et al. 2021, "Long-tail learning via logit adjustment", Eq. 10, arXiv:2007.07314.
 *
 * @returns [labels], or 0 [] when τ is 0
 */
export function adjustment(
  logits: Value,
  {
    logitAdjustment,
    labelShares = [],
  }: { readonly logitAdjustment: number; readonly labelShares?: number[] | undefined },
): Value {
  if (logitAdjustment === 0) return logits.graph.scalar(0);
  const offsets = labelShares.map((share) => logitAdjustment * Math.log(Math.max(share, LEAST_SHARE)));
  return labelVector(logits, 'labelShares', offsets);
}
