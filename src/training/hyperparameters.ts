import { z } from 'zod';
import { ADAPTER_TASKS } from '../adapters/adapter-base.js';
import { methodOptions } from './methods/options.js';
import { objectiveOptions } from './objectives/table.js';
import { optimizerOptions } from './optim/table.js';
import { scheduleOptions } from './schedules/table.js';

const share = z.number().min(0).lt(1);

/** Dropped shares; all are off by default, which makes runs comparable. */
const dropout = z
  .object({
    /** Of what enters the low-rank factors. */
    adapter: share.default(0),
    /** Of a block's output before the residual sum, in trained layers. */
    hidden: share.default(0),
    /** Of what enters the head. */
    head: share.default(0),
  })
  .strict();

const earlyStopping = z
  .object({
    metric: z.enum(['loss', 'accuracy', 'macro_f1', 'entity_f1']).default('loss'),
    /** Evaluations without an improvement by `minDelta`. */
    patience: z.int().min(1).default(3),
    minDelta: z.number().min(0).default(0),
  })
  .strict();

/** What the run does when its training loss stalls; see adapt/. For lora and dora that start anew. */
const adapt = z
  .object({
    /** Ranks are not raised beyond. */
    maxRank: z.int().min(1).max(1024).default(64),
    /** Steps of a window; whole passes over the data when absent. */
    window: z.int().min(1).optional(),
    /** Least relative fall of the mean loss from one window to the next. */
    minGain: z.number().min(0).lt(1).default(0.02),
  })
  .strict();

/** All that decides a run, as JSON. Equal specifications on equal files give equal results at the same thread count. */
export const trainingSpec = z
  .object({
    /** Directory of the base model. */
    base: z.string().min(1),
    task: z.enum(ADAPTER_TASKS),
    problem: z.enum(['single', 'multi', 'regression']).default('single'),
    labels: z.array(z.string()).min(1).optional(),
    method: methodOptions,
    /**
     * `frozen`: the head that the base has answers, and the adapter has none of its own; its labels are the base's. Trained
     * from the base's, or anew, when absent.
     */
    head: z.enum(['trained', 'frozen']).optional(),
    /** The task's usual objective when absent. */
    objective: objectiveOptions.optional(),
    /** Directory of an adapter (or base-sized version) to go on from. */
    initial: z.string().min(1).optional(),
    /** Directory of the adapter or model whose logits are distilled; the base's own directory for the base's head. */
    teacher: z.string().min(1).optional(),
    /** Loss weights of labels by their counts in the training data; see `classWeights`. */
    labelWeights: z.enum(['none', 'balanced', 'effective']).default('none'),
    /** How often rows of each label are drawn in an epoch; see `resampledCounts`. For one label a row. */
    resample: z.enum(['none', 'over', 'under', 'sqrt']).default('none'),
    /** Share of tokens that are masked, for masked_lm. */
    maskedShare: z.number().gt(0).lt(1).default(0.15),
    data: z
      .object({
        /** JSONL of examples, see datasets. */
        train: z.string().min(1),
        validation: z.string().min(1).optional(),
      })
      .strict(),
    epochs: z.number().positive().default(3),
    /** Optimiser steps; goes before `epochs`. */
    maxSteps: z.int().min(1).optional(),
    /** Rows of one optimiser step, divided into `accumulation` parts. */
    batchSize: z.int().min(1).max(4096).default(16),
    accumulation: z.int().min(1).max(1024).default(1),
    /** Longest row, special tokens included; longer texts are cut. */
    maxTokens: z.int().min(4).max(8192).default(128),
    learningRate: z.number().positive().default(5e-4),
    /** Factor on the learning rate of each layer below the top. */
    layerDecay: z.number().positive().max(1).default(1),
    optimizer: optimizerOptions.default({
      name: 'adamw',
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      weightDecay: 0.01,
      amsgrad: false,
    }),
    schedule: scheduleOptions.default({ name: 'linear', warmupRatio: 0.06 }),
    /** Largest global norm of the gradients; nothing is clipped when absent. */
    clipNorm: z.number().positive().optional(),
    dropout: dropout.default({ adapter: 0, hidden: 0, head: 0 }),
    seed: z.int().min(0).default(0),
    earlyStopping: earlyStopping.optional(),
    /** The run enlarges what it trains when its training loss stalls. */
    adapt: adapt.optional(),
    /** Steps between evaluations; once an epoch when absent. Needs data.validation. */
    evaluateEvery: z.int().min(1).optional(),
    /** Steps between checkpoints. */
    checkpointEvery: z.int().min(1).default(100),
    /** Layers of one segment that is computed again in the backward pass; saves memory, costs a forward pass. */
    gradientCheckpointing: z.boolean().default(false),
    /** Whether hidden states below the lowest trained layer are kept; `auto`: when an epoch of them fits 512 MiB. */
    cacheTrunk: z.enum(['auto', 'never']).default('auto'),
    threads: z.int().min(1).max(256).default(1),
  })
  .strict()
  .refine(({ method, objective }) => (method.name === 'mod_squad') === (objective?.name === 'mod_squad'), {
    path: ['method'],
    message: 'expected mod_squad with the objective mod_squad and with no other',
  });

export type TrainingSpec = z.infer<typeof trainingSpec>;
/** What may be left out is. */
export type TrainingSpecInput = z.input<typeof trainingSpec>;
