import { z } from 'zod';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import { mul } from '../../engine/ops/mul.js';
import { where } from '../../engine/ops/where.js';
import { tensor } from '../../engine/tensor.js';
import { uncertaintyWeighted } from './uncertainty-weighting.js';

/** Ends the name of the adapter that answers the task. */
export const taskName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,30}$/, 'expected 1 to 31 of a-z, 0-9, _ and -');

/** The weight of each task's mean loss. */
export const taskWeights = z
  .record(taskName, z.number().positive())
  .refine((tasks) => Object.keys(tasks).length >= 2 && Object.keys(tasks).length <= 64, 'expected 2 to 64 tasks');

export const multiTaskOptions = z
  .object({
    name: z.literal('multi_task'),
    tasks: taskWeights,
    /** `uncertainty` learns the weights, beginning with those given times 1. */
    weighting: z.enum(['given', 'uncertainty']).default('given'),
    labelSmoothing: z.number().min(0).max(1).default(0),
  })
  .strict();

export type MultiTaskOptions = z.infer<typeof multiTaskOptions>;

/** Σ losses and Σ weights of each task's rows, [tasks]. */
export interface TaskSums {
  readonly losses: Value;
  readonly weights: Value;
}

/**
 * The loss of several heads over one encoder: Σ_t w_t · L_t, with L_t = losses_t / weights_t the mean over the batch's rows of
 * task t; a task without rows adds nothing. With log-variances s each w_t · L_t is weighed by uncertainty, see
 * `uncertaintyWeighted`.
 *
 * @param weights       w, one for each task
 * @param logVariances  s [tasks], trained
 * @returns             []
 */
export function multiTaskLoss(sums: TaskSums, weights: readonly number[], logVariances?: Value): Value {
  const some = greater(sums.weights, 0); // [tasks]
  const means = where(some, div(sums.losses, where(some, sums.weights, 1)), 0);
  const at = (value: Value, task: number): Value =>
    gather(value, value.graph.constant(tensor('int32', [], Int32Array.of(task))));
  const weighed = weights.map((weight, task) => mul(at(means, task), weight));
  if (!logVariances) return weighed.reduce(add);
  const present = where(some, logVariances, 0); // of a task without rows nothing is learned
  return uncertaintyWeighted(
    weighed.map((loss, task) => ({ loss, logVariance: at(present, task), kind: 'classification' as const })),
  );
}
