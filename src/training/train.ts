import type { TrainingResult } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import { runTraining, type TrainingOptions } from './loop.js';

export type { TrainingOptions } from './loop.js';

/**
 * One whole run: reads base, data and what it goes on from, trains, evaluates, keeps the best step and writes its files.
 *
 * Data order, initial values, masks and dropout are functions of seed and step, and checkpoints hold everything else; so a
 * run that was stopped or killed goes on to the same bits as an unbroken one, at the same thread count on one machine.
 *
 * @throws DivergedError   when the loss is not finite; the last good checkpoint stays
 * @throws ValidationError for data that the task cannot learn from
 * @throws ConflictError   when the directory holds checkpoints of another run
 */
export function train(spec: TrainingSpec, options: TrainingOptions): Promise<TrainingResult> {
  return runTraining(spec, options);
}
