import { tensor, type Tensor } from '../../engine/tensor.js';
import type { Trainable } from '../trainable.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';
import { EMBEDDINGS, normalRows, openPrompt, startPrompt } from './prompt-files.js';

/**
 * Prompt tuning: trained vectors in the place of word embeddings, before the real tokens. They start as rows of the word
 * table drawn at random (§3.2's sampled vocabulary), or N(0, 1) as PEFT's `RANDOM`.
 *
 * Lester et al. 2021, arXiv:2104.08691.
 */
export const prompt: TrainingMethod<'prompt'> = {
  start: (options, context) => promptTrainable(startTokens(options, context), 'PROMPT_TUNING', context),
  open: (files, _options, context) => promptTrainable(files, 'PROMPT_TUNING', context),
};

/** Virtual tokens that are parameters themselves. */
export function promptTrainable(
  files: ReadonlyMap<string, Uint8Array>,
  type: string,
  context: MethodContext,
): Trainable {
  const opened = openPrompt(files, type, -1, context);
  return {
    kind: 'adapter',
    parameters: opened.parameters,
    numbers: new Map(),
    promptTokens: opened.tokens,
    prefixTokens: 0,
    place: (values) => ({
      prompt: { tokens: opened.tokens, embeddings: values.get(EMBEDDINGS) },
      whole: opened.whole(values),
    }),
    files: (values) => opened.files(values),
  };
}

function startTokens(
  { tokens, initialisation }: Extract<MethodOptions, { name: 'prompt' }>,
  context: MethodContext,
): Map<string, Uint8Array> {
  const width = context.base.config.embedding;
  const embeddings = initialisation === 'random' ? normalRows(context, tokens, width) : sampledWords(context, tokens);
  return startPrompt(context, embeddings, { peft_type: 'PROMPT_TUNING', prompt_tuning_init: 'RANDOM' });
}

/** Rows of the word table, each of another word. */
export function sampledWords({ base, random }: MethodContext, tokens: number): Tensor<'float32'> {
  const { embedding: width, vocab } = base.config;
  const table = base.weights.get('embeddings.word_embeddings.weight')?.data ?? new Float32Array(vocab * width);
  const rows = new Float32Array(tokens * width);
  random
    .permutation(vocab)
    .slice(0, tokens)
    .forEach((word, at) => rows.set(table.subarray(word * width, (word + 1) * width), at * width));
  return tensor('float32', [tokens, width], rows);
}
