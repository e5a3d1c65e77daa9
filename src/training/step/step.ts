import type { Tensor } from '../../engine/tensor.js';
import type { DropoutMask } from '../graph/dropout.js';

/** What a step reads beside the state: tensors by graph input. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface StepInputs {
  /** One batch, or its parts when gradients are accumulated. */
  readonly parts: readonly Feeds[];
  /** Learning rate of each run. */
  readonly rates: readonly number[];
  /** Largest gradient norm of each run; for a step that clips. */
  readonly maxNorms?: readonly number[];
  /** Number of this step, from 1; of each run where they are not at the same. */
  readonly step: number | readonly number[];
}

export interface StepResult {
  /** Of each run. */
  readonly losses: readonly number[];
  /** Before clipping, of each run. */
  readonly gradNorms: readonly number[];
}

/** A compiled step: forward, gradients, clipping and update. Changes the state it was made for. */
export interface TrainingStep {
  readonly masks: readonly DropoutMask[];
  run(inputs: StepInputs): Promise<StepResult>;
  dispose(): Promise<void>;
}
