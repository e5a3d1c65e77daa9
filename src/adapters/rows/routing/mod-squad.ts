import { add } from '../../../engine/ops/add.js';
import { div } from '../../../engine/ops/div.js';
import { exp } from '../../../engine/ops/exp.js';
import { maximum } from '../../../engine/ops/maximum.js';
import { mul } from '../../../engine/ops/mul.js';
import { reduceMax } from '../../../engine/ops/reduce-max.js';
import { reduceSum } from '../../../engine/ops/reduce-sum.js';
import { sub } from '../../../engine/ops/sub.js';
import { where } from '../../../engine/ops/where.js';
import { NOT_THERE, type TokenLawRule } from './token-law.js';

const ALWAYS = 1e-4;

/**
 * softmax(G·x / temperature) + 1e-4 over all members, G the rows of the task's router. Those kept are not normalised again.
 *
 * Chen et al. 2023, "Mod-Squad: Designing Mixtures of Experts As Modular Multi-Task Learners", §3, arXiv:2212.08066.
 */
export const modSquad: TokenLawRule = {
  score({ products, isPresent, inverseTemperature }) {
    const options = { axes: [-1], keepDims: true };
    const logits = where(isPresent, products, NOT_THERE);
    const odds = exp(mul(sub(logits, reduceMax(logits, options)), inverseTemperature));
    return add(div(odds, maximum(reduceSum(odds, options), 1)), ALWAYS);
  },
  shares: 'scores',
};
