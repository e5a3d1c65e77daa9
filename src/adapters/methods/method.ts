import type { AdapterTask } from '../adapter-base.js';
import type { BrickBuilder } from '../brick-builder.js';
import type { Config } from '../config.js';
import type { AdapterFiles } from '../files.js';
import type { KeyRules } from '../key-rules.js';
import type { Weights } from '../weights.js';

/** The parts of an adapter's files, before a method gives them meaning. */
export interface AdapterSource {
  /** adapter_config.json. */
  readonly config: Config;
  readonly weights: Weights;
  /** AdapterHub only: the head that was saved beside the adapter. */
  readonly head?: { readonly config: Config; readonly weights: Weights };
}

/** What all checkpoints share: the configuration as it was trained. */
export interface Checkpoint {
  readonly config: Config;
}

/** One adapter method in one file format. A new method is one file and one line in `table.ts`. */
export interface AdapterMethod<C extends Checkpoint = Checkpoint> {
  /** As the report and the registry name it, e.g. `lora`. */
  readonly name: string;
  readonly format: 'peft' | 'adapterhub';
  /** `peft_type`, or AdapterHub's `architecture`. */
  readonly type: string;
  /** What becomes of each key of the method's configuration. */
  readonly keys: KeyRules;
  /** @throws IncompatibleAdapterError  for missing, unknown or misshapen tensors, as far as no base is needed for it */
  read(source: AdapterSource): C;
  /** The files that PEFT, or AdapterHub, reads back. */
  write(checkpoint: C): AdapterFiles;
  /** What the files say that the adapter answers, if they do. */
  statedTask(checkpoint: C): AdapterTask | undefined;
  /** Paths of all parameters outside the method's own layers: those of the head among them. */
  savedPaths(checkpoint: C): readonly string[];
  /** Ranks, widths or token counts in use. */
  ranks(checkpoint: C): readonly number[];
  /** Puts the adapter on a base. @throws IncompatibleAdapterError  when it does not fit */
  place(checkpoint: C, builder: BrickBuilder): void;
}
