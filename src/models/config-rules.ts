import { z } from 'zod';
import { ModelError } from '../common/errors.js';
import { ACTIVATION_NAMES, findActivation } from './activation.js';
import type { EncoderConfig } from './encoder-config.js';

/** Sizes of one model; the bounds keep a hostile config.json from asking for absurd amounts of memory. */
export const width = z.int().min(1).max(65_536);
export const layerCount = z.int().min(1).max(1_024);
export const tableRows = z.int().min(1).max(4_194_304);
export const tokenId = z.int().min(0).max(4_194_303);
export const epsilon = z.number().positive().max(1);

export const activation = z.string().transform((name, context) => {
  const found = findActivation(name);
  if (found) return found;
  context.addIssue(`expected one of ${ACTIVATION_NAMES.join(', ')}, got ${JSON.stringify(name)}`);
  return z.NEVER;
});

/** Keys that would change the forward pass in a way that is not built here, with the values that leave it alone. */
const REFUSED: readonly { key: string; allows: (value: unknown) => boolean; rule: string }[] = [
  { key: 'is_decoder', allows: isOff, rule: 'expected false (an encoder)' },
  { key: 'is_encoder_decoder', allows: isOff, rule: 'expected false (an encoder)' },
  { key: 'add_cross_attention', allows: isOff, rule: 'expected false (an encoder)' },
  { key: 'position_embedding_type', allows: (v) => v == null || v === 'absolute', rule: 'expected "absolute"' },
  { key: 'pruned_heads', allows: isEmpty, rule: 'expected no pruned heads' },
  { key: 'quantization_config', allows: isOff, rule: 'expected weights that are not quantised' },
  { key: 'auto_map', allows: isEmpty, rule: 'expected a model without code of its own' },
  { key: 'rope_scaling', allows: isOff, rule: 'expected no rotary positions' },
];

function isOff(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}

function isEmpty(value: unknown): boolean {
  return isOff(value) || (typeof value === 'object' && Object.keys(value as object).length === 0);
}

/**
 * Reads config.json by a family's schema.
 *
 * @throws ModelError  naming the key, its rule and the value got; the same for a key that no family can honour
 */
export function parseConfig<T>(schema: z.ZodType<T>, json: object): T {
  for (const { key, allows, rule } of REFUSED) {
    const value = (json as Record<string, unknown>)[key];
    if (!allows(value)) throw new ModelError(`config.json: ${key}: ${rule}, got ${shorten(value)}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.');
    const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], json);
    return `${path || '(root)'}: ${issue.message}${issue.code === 'custom' ? '' : `, got ${shorten(value)}`}`;
  });
  throw new ModelError(`config.json: ${faults.join('; ')}`);
}

/** The rules that hold between sizes of one configuration. */
export function checkConfig(config: EncoderConfig): EncoderConfig {
  const { hidden, heads, positions, positionOffset, vocab, padTokenId } = config;
  if (hidden % heads !== 0) {
    throw new ModelError(`config.json: attention heads: expected a divisor of the hidden width ${hidden}, got ${heads}`);
  }
  if (positions <= positionOffset) {
    throw new ModelError(
      `config.json: max_position_embeddings: expected more than the first position id ${positionOffset}, got ${positions}`,
    );
  }
  if (padTokenId >= vocab) {
    throw new ModelError(`config.json: pad_token_id: expected less than vocab_size ${vocab}, got ${padTokenId}`);
  }
  return config;
}

function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
