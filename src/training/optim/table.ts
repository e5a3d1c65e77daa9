import { z } from 'zod';
import { adagrad, adagradOptions } from './adagrad.js';
import { adam, adamOptions } from './adam.js';
import { adamw, adamwOptions } from './adamw.js';
import type { Optimizer } from './optimizer.js';
import { rmsprop, rmspropOptions } from './rmsprop.js';
import { sgd, sgdOptions } from './sgd.js';

/** Every optimiser with its options; defaults are PyTorch's. */
export const optimizerOptions = z.discriminatedUnion('name', [
  adamwOptions,
  adamOptions,
  sgdOptions,
  rmspropOptions,
  adagradOptions,
]);

export type OptimizerOptions = z.infer<typeof optimizerOptions>;

export function makeOptimizer(options: OptimizerOptions): Optimizer {
  switch (options.name) {
    case 'adamw':
      return adamw(options);
    case 'adam':
      return adam(options);
    case 'sgd':
      return sgd(options);
    case 'rmsprop':
      return rmsprop(options);
    case 'adagrad':
      return adagrad(options);
  }
}
