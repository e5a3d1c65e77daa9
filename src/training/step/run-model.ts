import type { AdapterBase, AdapterTask } from '../../adapters/adapter-base.js';
import type { BaseModel } from '../../models/base-model.js';
import type { DropoutShares } from '../graph/dropout.js';
import type { RunNumbers } from '../graph/parameter-values.js';
import type { Objective } from '../objectives/objective.js';
import type { Balance } from '../squad/balance.js';
import type { Trainable } from '../trainable.js';

/** A base as training reads it. */
export type TrainingBase = AdapterBase & Pick<BaseModel, 'config' | 'sites' | 'weights'>;

/** Logit of label l: the mean of the logits of its tokens, less the prior; see `verbaliserHead`. */
export interface PromptHead {
  readonly tokens: readonly (readonly number[])[];
  readonly prior?: readonly number[] | undefined;
}

/** Heads of several tasks, one below the other in the matrix of one head, or one head that all share. */
export interface TaskHeads {
  readonly names: readonly string[];
  /** The task of each label; absent where every task may answer every label. */
  readonly owners?: readonly number[] | undefined;
  /** Of each task's mean loss. */
  readonly weights: readonly number[];
  /** Weighed by uncertainty, with the parameter `LOG_VARIANCES` [tasks]. */
  readonly isLearned: boolean;
  /** Of the experts that the tasks share. */
  readonly balance?: Balance | undefined;
}

/** Name of the parameter that weighs tasks. */
export const LOG_VARIANCES = 'task_log_variances';

/** One parameter of all runs of a batch together. */
export interface StackedParameter {
  readonly name: string;
  /** [runs, …] with several runs. */
  readonly shape: readonly number[];
  readonly decay: boolean;
  readonly rate: number;
  readonly layer: number;
}

/** Everything that the graphs of a training step are made from. */
export interface RunModel {
  readonly base: TrainingBase;
  readonly task: AdapterTask;
  /** The one whose `place` is used; all runs have equal structure. */
  readonly trainable: Trainable;
  readonly runs: number;
  readonly parameters: readonly StackedParameter[];
  /** Names and shapes of tensors that are fed and never trained. */
  readonly frozen: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly numbers: RunNumbers;
  readonly objective: Objective;
  /** The masked-LM head answers labels in the place of the vocabulary. */
  readonly prompt?: PromptHead;
  /** With one run: rows are of several tasks. */
  readonly tasks?: TaskHeads;
  readonly dropout: DropoutShares;
  /** Labels of each run where they differ; labels beyond are masked. */
  readonly labelCounts?: readonly number[];
}
