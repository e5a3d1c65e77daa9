import type { DatasetPart } from '../../registry/dataset.entity.js';
import type { FieldKeys } from '../../training/datasets/fields.js';

export const EVALUATED_TASKS = ['sequence_classification', 'token_classification', 'masked_lm'] as const;
export type EvaluatedTask = (typeof EVALUATED_TASKS)[number];

/** Parts that no model of the job was trained on. */
export const HELD_OUT_PARTS = ['test', 'validation'] as const satisfies readonly DatasetPart[];
export type HeldOutPart = (typeof HELD_OUT_PARTS)[number];

/** How a file is read. */
export interface FileOptions {
  readonly format?: 'jsonl' | 'csv' | undefined;
  readonly columns?: FieldKeys | undefined;
  readonly delimiter?: string | undefined;
  readonly header?: readonly string[] | undefined;
}

/** What was asked, with everything settled that must not change until it is done; kept with the evaluation. */
export interface EvaluationRequest {
  /** Model string of the very versions, also when the alias asked for has moved since. */
  readonly pinned: string;
  /** As asked: a file's or a job's id. */
  readonly dataset: string;
  readonly task: EvaluatedTask;
  /** Of a job's data set. */
  readonly split: HeldOutPart | null;
  readonly datasetId: string | null;
  readonly file: FileOptions;
  /** Of masked tokens and resamples. */
  readonly seed: number;
  /** Resamples of each interval. */
  readonly samples: number;
  /** Share of tokens that are masked, for masked_lm. */
  readonly maskedShare: number;
}
