import { modelTrainable, openModel, startModel } from './base-sized.js';
import type { TrainingMethod } from './method.js';

/**
 * Partial fine-tuning: the top layers and the head are trained; with none of the layers it is a linear probe over the base
 * (and its pooler). The result is a base of its own, whose lower layers equal the parent's.
 */
export const partial: TrainingMethod<'partial'> = {
  start: ({ topLayers }, context) =>
    modelTrainable(startModel(context), context.base.config.layers - topLayers, context),
  open: (files, { topLayers }, context) =>
    modelTrainable(openModel(files, context), context.base.config.layers - topLayers, context),
};
