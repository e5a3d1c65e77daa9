import { loraTrainable, startLora } from './lora.js';
import type { TrainingMethod } from './method.js';

/**
 * DoRA: LoRA with a trained magnitude m of each output row, which starts at ‖W‖, so that the first step sees the base.
 *
 * Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation", arXiv:2402.09353.
 */
export const dora: TrainingMethod<'dora'> = {
  start: (options, context) => loraTrainable(startLora(options, context, true), options, context),
  open: (files, options, context) => loraTrainable(files, options, context),
};
