import { IncompatibleAdapterError } from '../common/errors.js';
import type { BrickBuilder } from './brick-builder.js';
import { integerKey } from './config.js';
import { honoured, ignored, only, type KeyRules } from './key-rules.js';
import type { AdapterMethod, AdapterSource, Checkpoint } from './methods/method.js';
import {
  PEFT_KEYS,
  PEFT_WEIGHTS,
  peftFiles,
  PROMPT_PREFIX,
  refuseUnknown,
  savedModulesOf,
  SavedParameters,
  unwrapAll,
} from './peft-format.js';
import { requireSavedHead } from './peft-targets.js';
import { statedTask } from './task.js';
import { expectShape, type FloatTensor, type Weights } from './weights.js';

const EMBEDDINGS = 'prompt_embeddings';

/** A PEFT adapter of a prompt-learning method. */
export interface PromptCheckpoint extends Checkpoint {
  /** [tokens, width]: input tokens, or flattened keys and values of all layers. */
  readonly embeddings: FloatTensor;
  /** The head, by path in the task model. */
  readonly saved: Weights;
}

/** Keys of all prompt-learning methods. */
export const PROMPT_KEYS: KeyRules = {
  num_virtual_tokens: honoured,
  token_dim: honoured,
  num_transformer_submodules: only('an encoder has one transformer', 1, null),
  num_attention_heads: ignored('the tokens are stored with their heads joined'),
  num_layers: honoured,
  modules_to_save: honoured,
};

export interface PromptSpec {
  readonly name: string;
  readonly type: string;
  readonly keys: KeyRules;
  /** Width of a stored token. */
  width(checkpoint: PromptCheckpoint): number;
  place(checkpoint: PromptCheckpoint, builder: BrickBuilder): void;
}

/** A prompt-learning method of PEFT out of its description. */
export function promptMethod(spec: PromptSpec): AdapterMethod<PromptCheckpoint> {
  return {
    name: spec.name,
    format: 'peft',
    type: spec.type,
    keys: { ...PEFT_KEYS, ...PROMPT_KEYS, ...spec.keys },
    read(source) {
      const checkpoint = readPrompt(source);
      expectShape(EMBEDDINGS, checkpoint.embeddings, [tokensOf(checkpoint), spec.width(checkpoint)]);
      return checkpoint;
    },
    write: ({ config, embeddings, saved }) => {
      const heads = [...saved].map(([path, value]): [string, FloatTensor] => [PROMPT_PREFIX + path, value]);
      return peftFiles(config, new Map([[EMBEDDINGS, embeddings], ...heads]));
    },
    statedTask: ({ config }) => statedTask(config),
    savedPaths: ({ saved }) => [...saved.keys()],
    ranks: (checkpoint) => [tokensOf(checkpoint)],
    place(checkpoint, builder) {
      for (const path of savedModulesOf(checkpoint.saved)) builder.requirePlace(path);
      requireSavedHead(checkpoint.config, checkpoint.saved, builder);
      for (const [path, value] of checkpoint.saved) builder.save(path, value);
      spec.place(checkpoint, builder);
    },
  };
}

export function tokensOf({ config }: Checkpoint): number {
  return integerKey(config, 'num_virtual_tokens', 1);
}

function readPrompt({ config, weights }: AdapterSource): PromptCheckpoint {
  const parameters = new SavedParameters(config, () => false);
  const unknown: string[] = [];
  for (const [name, value] of unwrapAll(weights)) {
    if (name === EMBEDDINGS) continue;
    if (!name.startsWith(PROMPT_PREFIX) || !parameters.take(name.slice(PROMPT_PREFIX.length), value))
      unknown.push(name);
  }
  refuseUnknown(PEFT_WEIGHTS, unknown);
  const embeddings = weights.get(EMBEDDINGS);
  if (!embeddings) {
    throw new IncompatibleAdapterError(`${PEFT_WEIGHTS}: ${EMBEDDINGS}: must be in the file, got nothing`, {
      param: EMBEDDINGS,
    });
  }
  return { config, embeddings, saved: parameters.finish() };
}
