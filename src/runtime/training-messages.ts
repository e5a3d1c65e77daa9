import type { DataCard } from '../training/datasets/data-card.js';
import type { TrainingEvent, TrainingResult } from '../training/events.js';
import type { FitSpec } from '../training/fits/fit-spec.js';
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
  /** Something learned of adapters that stay as they are. */
  fit: {
    readonly request: { readonly spec: FitSpec; readonly directory: string };
    readonly result: TrainingResult;
  };
  /** Several runs in one batch. Each tells how it ended as soon as it has. */
  train_together: {
    readonly request: {
      readonly runs: readonly ChildTasks['train']['request'][];
      /** For the engine's own files. */
      readonly directory: string;
    };
    readonly result: 'ended';
  };
  prepare: { readonly request: DataRequest; readonly result: DataCard };
  evaluate: { readonly request: EvaluationRequest; readonly result: EvaluationResult };
}

export type ChildTask = keyof ChildTasks;

/** How one of several runs ended. */
export type RunEnd<E = WireError> = { readonly result: TrainingResult } | { readonly error: E };

/** Parent to child. `start` comes first, once. */
export type TrainingOrder =
  | {
      [T in ChildTask]: {
        readonly type: 'start';
        readonly task: T;
        readonly request: ChildTasks[T]['request'];
        /** Share of the time that a run gets which is held up. */
        readonly floor: number;
      };
    }[ChildTask]
  /** Finish the step, write a checkpoint, and end; one run alone where several have a number. */
  | { readonly type: 'stop'; readonly run?: number }
  /** Whether steps are held up for serving. */
  | { readonly type: 'hold'; readonly isHeld: boolean };

/** Child to parent. `done` or `failed` comes last, once. */
export type TrainingReport =
  /** With the run's number where there are several. */
  | { readonly type: 'event'; readonly event: TrainingEvent; readonly run?: number }
  | { readonly type: 'run_ended'; readonly run: number; readonly end: RunEnd }
  /** A sign of life between events; resident memory of the child. */
  | { readonly type: 'alive'; readonly residentBytes: number }
  | { readonly type: 'done'; readonly result: ChildTasks[ChildTask]['result'] }
  | { readonly type: 'failed'; readonly error: WireError };
