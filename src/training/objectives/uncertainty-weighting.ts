import type { Value } from '../../engine/graph.js';
import { shapeFault } from '../../engine/op.js';
import { add } from '../../engine/ops/add.js';
import { exp } from '../../engine/ops/exp.js';
import { mul } from '../../engine/ops/mul.js';
import { neg } from '../../engine/ops/neg.js';

export interface TaskLoss {
  /** Mean loss of the task, []. */
  readonly loss: Value;
  /** s = ln σ² of the task, [], a trained parameter that starts at 0. */
  readonly logVariance: Value;
  readonly kind: 'classification' | 'regression';
}

/**
 * Losses of several heads over one encoder, weighed by a learned uncertainty of each: Σ c · e^−s · loss + ½s, with c = 1
 * for classification and ½ for regression. The second term keeps the variances from growing without end. s is not decayed.
 *
 * Kendall, Gal and Cipolla 2018, "Multi-Task Learning Using Uncertainty to Weigh Losses", Eq. 7 and 10, arXiv:1705.07115.
 *
 * @returns []
 * @throws ShapeError  when there is no task
 */
export function uncertaintyWeighted(tasks: readonly TaskLoss[]): Value {
  const [first, ...rest] = tasks.map(({ loss, logVariance, kind }) => {
    const weighed = mul(loss, exp(neg(logVariance)));
    return add(kind === 'classification' ? weighed : mul(weighed, 0.5), mul(logVariance, 0.5));
  });
  if (!first) throw shapeFault('uncertaintyWeighted', 'tasks', 'at least one', 'none');
  return rest.reduce(add, first);
}
