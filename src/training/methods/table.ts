import { ValidationError } from '../../common/errors.js';
import type { AdapterFiles } from '../../adapters/files.js';
import type { Trainable } from '../trainable.js';
import { dora } from './dora.js';
import { lora } from './lora.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';

/** Every method by its name. */
const METHODS: { readonly [N in MethodOptions['name']]?: TrainingMethod<N> } = { lora, dora };

/** A new run. */
export function startMethod(options: MethodOptions, context: MethodContext): Trainable {
  return methodOf(options).start(options, context);
}

/** A run that goes on from files. */
export function openMethod(files: AdapterFiles, options: MethodOptions, context: MethodContext): Trainable {
  return methodOf(options).open(files, options, context);
}

function methodOf({ name }: MethodOptions): TrainingMethod {
  const found = METHODS[name] as TrainingMethod | undefined; // its options are those of its name
  if (found) return found;
  throw new ValidationError(`method: expected one of ${Object.keys(METHODS).join(', ')}, got ${name}`);
}
