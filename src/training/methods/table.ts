import type { AdapterFiles } from '../../adapters/files.js';
import type { Trainable } from '../trainable.js';
import { bitfit } from './bitfit.js';
import { bottleneck } from './bottleneck.js';
import { dora } from './dora.js';
import { full } from './full.js';
import { hybrid } from './hybrid.js';
import { modSquad } from './mod-squad.js';
import { ia3 } from './ia3.js';
import { lora } from './lora.js';
import { pTuning } from './p-tuning.js';
import { partial } from './partial.js';
import { prefix } from './prefix.js';
import { progressive } from './progressive.js';
import { prompt } from './prompt.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';

/** Every method by its name. */
const METHODS: { readonly [N in MethodOptions['name']]: TrainingMethod<N> } = {
  lora,
  dora,
  ia3,
  bottleneck,
  prefix,
  prompt,
  p_tuning: pTuning,
  bitfit,
  full,
  partial,
  progressive,
  hybrid,
  mod_squad: modSquad,
};

/** A new run. */
export function startMethod(options: MethodOptions, context: MethodContext): Trainable {
  return methodOf(options).start(options, context);
}

/** A run that goes on from files. */
export function openMethod(files: AdapterFiles, options: MethodOptions, context: MethodContext): Trainable {
  return methodOf(options).open(files, options, context);
}

function methodOf({ name }: MethodOptions): TrainingMethod {
  return METHODS[name] as TrainingMethod; // options of a name are those of its method
}
