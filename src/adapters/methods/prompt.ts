import { IncompatibleAdapterError } from '../../common/errors.js';
import type { BrickBuilder } from '../brick-builder.js';
import { integerKey } from '../config.js';
import { ignored } from '../key-rules.js';
import { promptMethod, PROMPT_KEYS, tokensOf, type PromptCheckpoint } from '../peft-prompt.js';

const atStart = ignored('used only when the prompt is initialised');

/** Puts input tokens before the sequence. @throws IncompatibleAdapterError  when they are as wide as no embedding */
export function placePrompt(checkpoint: PromptCheckpoint, builder: BrickBuilder): void {
  const { embedding, positions, positionOffset } = builder.base.config;
  const width = integerKey(checkpoint.config, 'token_dim', 1);
  const tokens = tokensOf(checkpoint);
  if (width !== embedding) {
    throw new IncompatibleAdapterError(`token_dim: must be the embedding width ${embedding}, got ${width}`, {
      param: 'token_dim',
    });
  }
  requireRoom(tokens, positions - positionOffset);
  builder.prompt = { tokens, embeddings: checkpoint.embeddings.data };
}

/** @throws IncompatibleAdapterError  when the virtual tokens leave no position for a real one */
export function requireRoom(tokens: number, positions: number): void {
  if (tokens < positions) return;
  const rule = `num_virtual_tokens: must be below the base's ${positions} positions, got ${tokens}`;
  throw new IncompatibleAdapterError(rule, { param: 'num_virtual_tokens' });
}

export const tokenDim = ({ config }: PromptCheckpoint): number => integerKey(config, 'token_dim', 1);

/**
 * Prompt tuning: trained vectors in the place of word embeddings, before the real tokens.
 *
 * Lester et al. 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning", arXiv:2104.08691.
 */
export const prompt = promptMethod({
  name: 'prompt',
  type: 'PROMPT_TUNING',
  keys: {
    num_layers: ignored('the tokens enter once, at the input'),
    prompt_tuning_init: atStart,
    prompt_tuning_init_text: atStart,
    tokenizer_name_or_path: atStart,
    tokenizer_kwargs: atStart,
    num_attention_heads: PROMPT_KEYS.num_attention_heads!,
  },
  width: tokenDim,
  place: placePrompt,
});
