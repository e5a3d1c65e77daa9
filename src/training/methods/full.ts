import { modelTrainable, openModel, startModel } from './base-sized.js';
import type { TrainingMethod } from './method.js';

/** Full fine-tuning: every tensor of trunk and head is trained; the result is a base of its own. */
export const full: TrainingMethod<'full'> = {
  start: (_options, context) => modelTrainable(startModel(context), -1, context),
  open: (files, _options, context) => modelTrainable(openModel(files, context), -1, context),
};
