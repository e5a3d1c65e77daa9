import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { greater } from '../../engine/ops/greater.js';
import { maximum } from '../../engine/ops/maximum.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { where } from '../../engine/ops/where.js';

const KEPT = 0.95;
const ROW = { axes: [1], keepDims: true };

/**
 * How much each task uses each expert at one place, in per cent of its choices, as a moving average over steps:
 * u ← 0.95·u + 0.05·100·choices / Σ_e choices. The first choices of a task are taken as they are; without any, u stays.
 *
 * Chen et al. 2023, arXiv:2212.08066 (the statistics behind §3.3, extracting a sub-model).
 *
 * @param usage    [tasks, experts]; zeros at the start
 * @param choices  [tasks, experts]
 * @returns        [tasks, experts], each row adding up to 100 once its task has chosen
 */
export function usageAfter(usage: Value, choices: Value): Value {
  const chosen = reduceSum(choices, ROW); // [tasks, 1]
  const shares = mul(div(choices, maximum(chosen, 1)), 100);
  const moved = add(mul(usage, KEPT), mul(shares, 1 - KEPT));
  const isFirst = greater(0.5, reduceSum(usage, ROW));
  return where(greater(chosen, 0), where(isFirst, shares, moved), usage);
}
