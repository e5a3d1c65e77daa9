import type { AdapterTask } from '../../adapters/adapter-base.js';
import type { AdapterFiles } from '../../adapters/files.js';
import type { HeadLabels } from '../../models/heads.js';
import type { Random } from '../../common/random.js';
import type { TrainingBase } from '../step/run-model.js';
import type { Trainable } from '../trainable.js';
import type { MethodOptions } from './options.js';

export interface MethodContext {
  readonly base: TrainingBase;
  readonly task: AdapterTask;
  /** For classification and regression. */
  readonly labels?: HeadLabels;
  /** Of a run of several, in order. */
  readonly tasks?: readonly string[] | undefined;
  /** The base's head is used as it is, and is no part of the files. */
  readonly isHeadFrozen?: boolean;
  /** Where initial values come from. */
  readonly random: Random;
  /** The files of the base, for methods whose result is a base of its own: config.json and the tokenizer. */
  readonly baseFiles?: ReadonlyMap<string, Uint8Array>;
}

type OptionsOf<N extends MethodOptions['name']> = Extract<MethodOptions, { name: N }>;

/** One way to train. A new method is one file and one line in `table.ts`. */
export interface TrainingMethod<N extends MethodOptions['name'] = MethodOptions['name']> {
  /** A new adapter as the method starts it. */
  start(options: OptionsOf<N>, context: MethodContext): Trainable;
  /** Goes on from files. @throws IncompatibleAdapterError  when they are of another method or another base */
  open(files: AdapterFiles, options: OptionsOf<N>, context: MethodContext): Trainable;
}
