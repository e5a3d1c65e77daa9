import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { log } from '../../engine/ops/log.js';
import { maximum } from '../../engine/ops/maximum.js';
import { mul } from '../../engine/ops/mul.js';
import { neg } from '../../engine/ops/neg.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import type { PlaceLoad } from './place-load.js';

const EPSILON = 1e-4;
/** Below every product of a task's and an expert's share that are there; keeps 0 / 0 away. */
const TINY = 1e-20;

/**
 * The negative mutual information of tasks and experts at one place: L = − Σ_{t,e} P(t,e) · log(P(t,e) / (P(t)·P(e)) + 1e-4),
 * with P(t,e) = N[t,e] / tokens, N the sums of the router's probabilities, P(t) = Σ_e P(t,e), P(e) = Σ_t P(t,e).
 *
 * As I = H(E) − H(E|T), less of L is a load spread over all experts, and few experts for each task. A task without tokens adds
 * nothing. Its gradient by P(t,e), P(t) fixed, is −log(P(t,e) / (P(t)·P(e))) and a constant.
 *
 * Chen et al. 2023, "Mod-Squad: Designing Mixtures of Experts As Modular Multi-Task Learners", §3.2, arXiv:2212.08066.
 *
 * @returns []
 */
export function mutualInformationLoss({ probabilities, tokens }: PlaceLoad): Value {
  const joint = div(probabilities, maximum(tokens, 1)); // [tasks, experts]
  const ofTask = reduceSum(joint, { axes: [1], keepDims: true }); // [tasks, 1]
  const ofExpert = reduceSum(joint, { axes: [0], keepDims: true }); // [1, experts]
  const ratio = div(joint, maximum(mul(ofTask, ofExpert), TINY));
  return neg(reduceSum(mul(joint, log(add(ratio, EPSILON)))));
}
