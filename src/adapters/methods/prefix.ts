import { IncompatibleAdapterError } from '../../common/errors.js';
import type { BrickBuilder } from '../brick-builder.js';
import { integerKey } from '../config.js';
import { honoured, ignored } from '../key-rules.js';
import { promptMethod, tokensOf, type PromptCheckpoint } from '../peft-prompt.js';
import { requireRoom } from './prompt.js';

const encoder = ignored('the file holds what the encoder put out');

/** Families whose attention takes past keys and values in Hugging Face, and so in PEFT. */
const TAKES_PAST: readonly string[] = ['bert', 'roberta', 'electra'];

function expectKey({ config }: PromptCheckpoint, key: string, value: number): void {
  const got = integerKey(config, key, 1);
  if (got !== value)
    throw new IncompatibleAdapterError(`${key}: must be the base's ${value}, got ${got}`, { param: key });
}

/**
 * Splits rows of [layers · (key, value) · hidden] into keys and values of each layer.
 *
 * @returns  each [tokens, layers, hidden]
 */
function splitPast(stored: Float32Array, tokens: number, layers: number, hidden: number) {
  const keys = new Float32Array(tokens * layers * hidden);
  const values = new Float32Array(tokens * layers * hidden);
  for (let at = 0; at < tokens * layers; at++) {
    keys.set(stored.subarray(2 * at * hidden, (2 * at + 1) * hidden), at * hidden);
    values.set(stored.subarray((2 * at + 1) * hidden, (2 * at + 2) * hidden), at * hidden);
  }
  return { keys, values };
}

function place(checkpoint: PromptCheckpoint, builder: BrickBuilder): void {
  const { family, layers, hidden, heads, positions, positionOffset } = builder.base.config;
  if (!TAKES_PAST.includes(family)) {
    const rule = `peft_type: prefix tuning must be on ${TAKES_PAST.join(', ')}, got ${family}, whose attention takes no past keys`;
    throw new IncompatibleAdapterError(rule, { param: 'peft_type' });
  }
  expectKey(checkpoint, 'num_layers', layers);
  expectKey(checkpoint, 'token_dim', hidden);
  expectKey(checkpoint, 'num_attention_heads', heads);
  const tokens = tokensOf(checkpoint);
  requireRoom(tokens, positions - positionOffset);
  builder.prefix = { tokens, ...splitPast(checkpoint.embeddings.data, tokens, layers, hidden) };
}

/**
 * Prefix tuning: trained keys and values before those of the sequence, in every layer. With `prefix_projection` PEFT
 * saves them after the projection.
 *
 * Li and Liang 2021, "Prefix-Tuning: Optimizing Continuous Prompts for Generation", arXiv:2101.00190.
 */
export const prefix = promptMethod({
  name: 'prefix',
  type: 'PREFIX_TUNING',
  keys: {
    num_attention_heads: honoured,
    encoder_hidden_size: encoder,
    prefix_projection: encoder,
    init_weights: ignored('used only when the prefix is initialised'),
  },
  width: ({ config }) => 2 * integerKey(config, 'num_layers', 1) * integerKey(config, 'token_dim', 1),
  place,
});
