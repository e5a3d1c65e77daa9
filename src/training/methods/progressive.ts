import type { Trainable } from '../trainable.js';
import { modelTrainable, openModel, startModel } from './base-sized.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';

type ProgressiveOptions = Extract<MethodOptions, { name: 'progressive' }>;

/** Share of the run after which, by default, everything trains. */
const ALL_FROM = 0.6;

/**
 * Progressive unfreezing: the head alone at first, then one layer more from the top at each of `unfreezeAt`, the embeddings
 * last. By default evenly over the first 60 % of the run.
 *
 * Howard and Ruder 2018, "Universal Language Model Fine-tuning for Text Classification", §3.3, arXiv:1801.06146.
 */
export const progressive: TrainingMethod<'progressive'> = {
  start: (options, context) => unfreezing(modelTrainable(startModel(context), -1, context), options, context),
  open: (files, options, context) =>
    unfreezing(modelTrainable(openModel(files, context), -1, context), options, context),
};

function unfreezing(trainable: Trainable, { unfreezeAt }: ProgressiveOptions, { base }: MethodContext): Trainable {
  const { layers } = base.config;
  const thresholds =
    unfreezeAt?.toSorted((a, b) => a - b) ??
    Array.from({ length: layers + 1 }, (_, at) => ((at + 1) * ALL_FROM) / (layers + 1));
  return {
    ...trainable,
    trainsFrom: (step, totalSteps) =>
      Math.max(-1, layers - thresholds.filter((share) => step >= Math.ceil(share * totalSteps)).length),
  };
}
