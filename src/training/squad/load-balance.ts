import type { Value } from '../../engine/graph.js';
import { div } from '../../engine/ops/div.js';
import { maximum } from '../../engine/ops/maximum.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import type { PlaceLoad } from './place-load.js';

/**
 * Load balancing at one place, tasks apart from each other unseen: L = E · Σ_e f_e · p_e, f_e the share of all choices that fell
 * on expert e, p_e its mean probability. It is 1 where every expert has the same share. The choices have no gradient.
 *
 * Fedus et al. 2021, "Switch Transformers", §2.2, eq. 4–6, arXiv:2101.03961, with k choices a token.
 *
 * @returns []
 */
export function loadBalanceLoss({ probabilities, choices, tokens }: PlaceLoad): Value {
  const experts = Number(probabilities.shape[1]);
  const chosen = reduceSum(choices, { axes: [0] }); // [experts]
  const shares = div(chosen, maximum(reduceSum(chosen), 1));
  const means = div(reduceSum(probabilities, { axes: [0] }), maximum(tokens, 1));
  return mul(reduceSum(mul(shares, means)), experts);
}
