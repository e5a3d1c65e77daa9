import { tensor, type Tensor } from '../../engine/tensor.js';
import type { EncoderConfig } from '../../models/encoder-config.js';
import { positionIds } from '../../models/position-ids.js';

/** One row's tokens. */
export interface TokenRow {
  readonly inputIds: Int32Array;
  readonly tokenTypeIds?: Int32Array;
}

/** Virtual tokens before each row. */
export interface VirtualTokens {
  readonly promptTokens: number;
  readonly prefixTokens: number;
}

export const NO_VIRTUAL_TOKENS: VirtualTokens = { promptTokens: 0, prefixTokens: 0 };

/**
 * A batch as the encoder reads it: rows [virtual tokens][tokens][padding], as in serving. `prompt.ids` is the number of a
 * virtual token from 1, and 0 at real ones.
 *
 * @returns  int32 [batch, seq] each, seq being the longest row's length
 */
export function tokenFeeds(
  rows: readonly TokenRow[],
  config: EncoderConfig,
  { promptTokens, prefixTokens }: VirtualTokens,
): Record<string, Tensor> {
  const seq = promptTokens + Math.max(...rows.map(({ inputIds }) => inputIds.length));
  const sheet = (fill = 0): Int32Array => new Int32Array(rows.length * seq).fill(fill);
  const [ids, positions, types, mask, prompt] = [sheet(config.padTokenId), sheet(), sheet(), sheet(), sheet()];
  rows.forEach(({ inputIds, tokenTypeIds }, row) => {
    const at = row * seq;
    ids.set(inputIds, at + promptTokens);
    positions.set(positionIds(config, inputIds, { promptTokens, prefixTokens }), at);
    if (tokenTypeIds) types.set(tokenTypeIds, at + promptTokens);
    mask.fill(1, at, at + promptTokens + inputIds.length);
    for (let token = 0; token < promptTokens; token++) prompt[at + token] = token + 1;
  });
  const shape = [rows.length, seq];
  return {
    input_ids: tensor('int32', shape, ids),
    position_ids: tensor('int32', shape, positions),
    attention_mask: tensor('int32', shape, mask),
    ...(config.tokenTypes > 0 && { token_type_ids: tensor('int32', shape, types) }),
    ...(promptTokens > 0 && { 'prompt.ids': tensor('int32', shape, prompt) }),
  };
}
