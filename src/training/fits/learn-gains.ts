import { NO_DROPOUT } from '../graph/dropout.js';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import type { Brick } from '../../adapters/brick.js';
import { CancelledError, DivergedError, ValidationError } from '../../common/errors.js';
import type { MergeStep } from '../../composition/merge/merge.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { BaseModel } from '../../models/base-model.js';
import { maxTokens } from '../../models/encoder-config.js';
import type { Head, HeadLabels } from '../../models/heads.js';
import type { Example } from '../datasets/example.js';
import type { Parameter, ParameterTensors } from '../parameter.js';
import { makeObjective, objectiveOptions } from '../objectives/table.js';
import { makeOptimizer, optimizerOptions } from '../optim/table.js';
import { Batches } from '../run/batches.js';
import { collate } from '../run/collate.js';
import { encodeExample, type EncodedExample } from '../run/encoded-example.js';
import { NO_VIRTUAL_TOKENS } from '../step/batch-feeds.js';
import { makeStep } from '../step/make-step.js';
import { stackRuns } from '../step/stack.js';
import { TrainingState } from '../step/training-state.js';
import type { Trainable } from '../trainable.js';
import { FixedBricks } from './fixed-bricks.js';
import { WeighedBricks, type Gains } from './weighed-bricks.js';
import type { ParameterValues } from '../graph/parameter-values.js';

/** What a fit learns from. */
export interface FitData {
  readonly base: BaseModel;
  /** Answers in the place of the base's own. */
  readonly head?: Head | undefined;
  readonly task: Extract<AdapterTask, 'sequence_classification' | 'token_classification'>;
  /** In the order of the head's outputs. */
  readonly labels: HeadLabels;
  readonly examples: readonly Example[];
  /** Longest row; the base's longest when absent. */
  readonly maxTokens?: number;
}

export interface FitSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** What may watch and stop a fit. */
export interface FitWatch {
  readonly onStep?: (step: FitStep) => void;
  readonly onMerged?: (step: MergeStep) => void;
  /** Resolves when the next step may begin. */
  readonly turn?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface FitStep {
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
}

/** How much of each brick acts, as something that is learned. */
export interface LearnedGains {
  readonly bricks: FixedBricks;
  readonly parameters: readonly Parameter[];
  readonly gains: (values: ParameterValues) => Gains;
}

/**
 * Learns how much of fixed bricks acts at each place. Base, bricks and head stay as they are.
 *
 * @returns | @throws  as `learn`
 */
export function learnGains(
  learned: LearnedGains,
  data: FitData,
  settings: FitSettings,
  engine: { readonly executor: Executor; readonly watch?: FitWatch },
): Promise<ParameterTensors> {
  return learn(trainableOf(learned), data, settings, engine);
}

/**
 * Learns parameters by AdamW without decay at a constant rate on the task's own loss; all else stays as it is. A function of
 * its arguments alone: a fit that was broken off is done again.
 *
 * @returns  the parameters after the last step
 * @throws DivergedError   when a loss is not finite
 * @throws CancelledError  when the signal is aborted
 */
export async function learn(
  trainable: Trainable,
  data: FitData,
  settings: FitSettings,
  { executor, watch = {} }: { readonly executor: Executor; readonly watch?: FitWatch },
): Promise<ParameterTensors> {
  const rows = encodeRows(data);
  const objective = makeObjective(objectiveOptions.parse({ name: OBJECTIVES[data.labels.problem] }));
  const base = withHead(data.base, data.head);
  const stack = stackRuns([trainable], { base, task: data.task, objective, dropout: NO_DROPOUT });
  const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'adamw', weightDecay: 0 }));
  const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
  const { steps, learningRate, batchSize, seed } = settings;
  const batches = new Batches({ seed, batchSize, lengths: rows.map(({ tokens }) => tokens) });
  const program = await makeStep({ executor, model: stack.model, state, optimizer, clips: false });
  try {
    for (let step = 0; step < steps; step++) {
      await expectRunning(watch);
      const batch = batches.at(step).map((index) => ({ example: rows[index] as EncodedExample, index, run: 0 }));
      const feeds = collate(batch, {
        model: stack.model,
        virtual: NO_VIRTUAL_TOKENS,
        stream: [step, 0],
        seeds: [seed],
      });
      const { losses, gradNorms } = await program.run({ parts: [feeds], rates: [learningRate], step: step + 1 });
      const [loss = NaN, gradNorm = NaN] = [losses[0], gradNorms[0]];
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
        throw new DivergedError(`fit: step ${step + 1}: expected a finite loss and gradient, got ${loss}, ${gradNorm}`);
      const tokens = batch.reduce((sum, { example }) => sum + example.tokens, 0);
      watch.onStep?.({ step: step + 1, totalSteps: steps, loss, gradNorm, learningRate, tokens });
    }
    return state.parameters();
  } finally {
    await program.dispose();
  }
}

/** @throws CancelledError  for a fit that was told to stop */
export async function expectRunning(watch: FitWatch): Promise<void> {
  await watch.turn?.();
  if (watch.signal?.aborted) throw new CancelledError('fit: stopped before its end');
}

const OBJECTIVES = {
  single: 'cross_entropy',
  multi: 'binary_cross_entropy',
  regression: 'mean_squared_error',
} as const;

/** @throws ValidationError  for no rows, and rows that the task cannot learn from */
export function encodeRows({ base, task, labels, examples, ...data }: Omit<FitData, 'head'>): EncodedExample[] {
  if (examples.length === 0) throw new ValidationError('fit: examples: expected at least one, got none');
  const room = Math.min(data.maxTokens ?? Infinity, maxTokens(base.config));
  return examples.map((example) => encodeExample(example, base.tokenizer, { task, labels, maxTokens: room }));
}

/** The base with another head of its task. */
export function withHead(base: BaseModel, head: Head | undefined): BaseModel {
  if (!head) return base;
  const own = { sequence: 'sequence', token: 'token', masked_lm: 'maskedLm' } as const;
  return { ...base, heads: { ...base.heads, [own[head.kind]]: head } };
}

/** What training makes of gains. */
export function trainableOf({ bricks, parameters, gains }: LearnedGains): Trainable {
  return {
    kind: 'adapter',
    parameters,
    frozen: bricks.tensors,
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({ adapters: new WeighedBricks(bricks, values, gains(values)) }),
    files: () => new Map(),
  };
}

/** The bricks with a head that is whole. @throws ValidationError  for one that leaves tensors to the base */
export function expectWholeHead({ headFromBase = {} }: Brick): void {
  const [missing] = Object.keys(headFromBase);
  if (missing !== undefined)
    throw new ValidationError(
      `fit: head ${missing}: expected a brick as it is imported, got one that leaves it to the base`,
    );
}
