import { z } from 'zod';
import { objectiveOptions, type ObjectiveOptions } from '../../training/objectives/table.js';
import { optimizerOptions } from '../../training/optim/table.js';
import { scheduleOptions, type ScheduleOptions } from '../../training/schedules/table.js';
import type { Expected } from './golden-set.js';

// PyTorch's and Hugging Face's names for what the tables call otherwise. An argument without an equal is an error.

const optimizerArgs = z
  .object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]).optional(),
    eps: z.number().optional(),
    weight_decay: z.number().optional(),
    amsgrad: z.boolean().optional(),
    momentum: z.number().optional(),
    dampening: z.number().optional(),
    nesterov: z.boolean().optional(),
    alpha: z.number().optional(),
  })
  .strict();

/** `{class_name, args}` of `torch.optim`; what is not given keeps PyTorch's default, AdamW's decay too. */
export const goldenOptimizer = z
  .object({ class_name: z.string(), args: optimizerArgs })
  .transform(({ class_name, args: { lr, eps, weight_decay, ...same } }) => ({
    rate: lr,
    options: optimizerOptions.parse({
      name: class_name.toLowerCase(),
      ...same,
      ...(eps === undefined ? {} : { epsilon: eps }),
      ...(weight_decay === undefined ? {} : { weightDecay: weight_decay }),
    }),
  }));

interface GoldenObjective {
  readonly options: ObjectiveOptions;
  readonly targets: 'labels' | 'multi_labels' | 'teacher';
  readonly needsTeacher: boolean;
}

/** Weights and targets that the case's notes name. */
export function goldenObjective(name: string, tensors: ReadonlyMap<string, Expected>): GoldenObjective {
  const weights = [...(tensors.get('class_weight')?.data ?? [])];
  const smooth = { labelSmoothing: 0.1 };
  const table: Readonly<Record<string, [Record<string, unknown> & { name: string }, GoldenObjective['targets']]>> = {
    ce: [{ name: 'cross_entropy' }, 'labels'],
    ce_weighted: [{ name: 'cross_entropy', classWeights: weights }, 'labels'],
    ce_smooth: [{ name: 'cross_entropy', ...smooth }, 'labels'],
    ce_weighted_smooth: [{ name: 'cross_entropy', classWeights: weights, ...smooth }, 'labels'],
    bce: [{ name: 'binary_cross_entropy' }, 'multi_labels'],
    bce_pos_weight: [{ name: 'binary_cross_entropy', positiveWeights: weights }, 'multi_labels'],
    mse: [{ name: 'mean_squared_error' }, 'teacher'],
    l1: [{ name: 'mean_absolute_error' }, 'teacher'],
    huber: [{ name: 'huber' }, 'teacher'],
    kd_T2: [{ name: 'distillation', temperature: 2, mix: 1 }, 'labels'],
    cosine_embedding: [{ name: 'cosine_embedding' }, 'teacher'],
    mnr_scale20: [{ name: 'multiple_negatives', scale: 20 }, 'teacher'],
  };
  const found = table[name];
  if (!found) throw new Error(`losses: expected one of ${Object.keys(table).join(', ')}, got ${name}`);
  const options = objectiveOptions.parse(found[0]);
  return { options, targets: found[1], needsTeacher: options.name === 'distillation' };
}

const SCHEDULES: Readonly<Record<string, string>> = {
  constant_with_warmup: 'constant',
  linear_with_warmup: 'linear',
  cosine_with_warmup: 'cosine',
};

/** A table of learning rates by its name and arguments; `lr_end` is absolute there. */
export function goldenSchedule(name: string, args: Readonly<Record<string, number>>, peak: number): ScheduleOptions {
  const { warmup, total: _total, step_size, lr_end, ...same } = args;
  return scheduleOptions.parse({
    name: SCHEDULES[name] ?? name,
    ...same,
    ...(warmup === undefined ? {} : { warmupSteps: warmup }),
    ...(step_size === undefined ? {} : { stepSize: step_size }),
    ...(lr_end === undefined ? {} : { end: lr_end / peak }),
  });
}
