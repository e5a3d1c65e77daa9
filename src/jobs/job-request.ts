import type { JsonObject } from '../common/json.js';

export type TrainingTask = 'sequence_classification' | 'token_classification' | 'masked_lm' | 'embedding';

/** A number, or what the service thinks best. */
export type Auto<T> = T | 'auto';

/** What a caller asked a job to do, as it is kept with the job; `training-plan.ts` makes a run of it. */
export interface JobRequest {
  /** Model string that training goes on from, as it was given. */
  readonly model: string;
  readonly task: TrainingTask;
  readonly problem?: 'single' | 'multi' | 'regression' | undefined;
  readonly labels?: readonly string[] | undefined;
  /** The method and its options, or `auto`. */
  readonly adapter: { readonly method: string } & JsonObject;
  readonly objective?: ({ readonly name: string } & JsonObject) | undefined;
  readonly hyperparameters: JsonObject;
  /** How the file is read, cleaned and split. */
  readonly dataset: JsonObject;
  readonly seed: number;
  readonly suffix: string | null;
}
