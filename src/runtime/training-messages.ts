import type { DataCard } from '../training/datasets/data-card.js';
import type { TrainingEvent, TrainingResult } from '../training/events.js';
import type { TrainingSpec } from '../training/hyperparameters.js';
import type { WireError } from './error-wire.js';
import type { DataRequest } from './prepare-data.js';
import type { EvaluationRequest, EvaluationResult } from './report-evaluation.js';

/** What a child is started for, and what it gives back. */
export interface ChildTasks {
  train: {
    readonly request: {
      readonly spec: TrainingSpec;
      /** Checkpoints and the result live here; a run goes on from the newest checkpoint in it. */
      readonly directory: string;
    };
    readonly result: TrainingResult;
  };
  prepare: { readonly request: DataRequest; readonly result: DataCard };
  evaluate: { readonly request: EvaluationRequest; readonly result: EvaluationResult };
}

export type ChildTask = keyof ChildTasks;

/** Parent to child. `start` comes first, once. */
export type TrainingOrder =
  | {
      [T in ChildTask]: { readonly type: 'start'; readonly task: T; readonly request: ChildTasks[T]['request'] };
    }[ChildTask]
  /** Finish the step, write a checkpoint, and end. */
  | { readonly type: 'stop' };

/** Child to parent. `done` or `failed` comes last, once. */
export type TrainingReport =
  | { readonly type: 'event'; readonly event: TrainingEvent }
  /** A sign of life between events; resident memory of the child. */
  | { readonly type: 'alive'; readonly residentBytes: number }
  | { readonly type: 'done'; readonly result: ChildTasks[ChildTask]['result'] }
  | { readonly type: 'failed'; readonly error: WireError };
