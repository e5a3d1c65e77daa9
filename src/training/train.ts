import type { TrainingEvent, TrainingResult } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import { runTraining } from './loop.js';

export interface TrainingOptions {
  /** Checkpoints and the result live here; a run goes on from the newest complete checkpoint. */
  readonly directory: string;
  onEvent(event: TrainingEvent): void;
  /** Stops after the step that runs, leaving a checkpoint. */
  readonly signal: AbortSignal;
}

/**
 * One whole run: reads base, data and what it goes on from, trains, evaluates, keeps the best step and writes its files.
 *
 * @throws DivergedError  when the loss is not finite; the last good checkpoint stays
 */
export function train(spec: TrainingSpec, options: TrainingOptions): Promise<TrainingResult> {
  return runTraining(spec, options);
}
