import { ModelError } from '../common/errors.js';
import type { TrainingResult } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import type { TrainingOptions } from './train.js';

export function runTraining({ method }: TrainingSpec, _options: TrainingOptions): Promise<TrainingResult> {
  return Promise.reject(new ModelError(`training: ${method.name}: expected a method that is built, got none`));
}
