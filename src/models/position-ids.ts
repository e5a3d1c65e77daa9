import type { EncoderConfig } from './encoder-config.js';

/**
 * Position ids of one row.
 *
 * `index` families count 0, 1, 2, …. `after_pad` families give the k-th token that is not padding the id offset + k and
 * padding the padding row's own id (offset − 1). Virtual input tokens count as positions and switch that padding rule off,
 * because a row of embeddings has no ids to look at. A prefix of keys and values moves all ids up by its length.
 *
 * @param inputIds [tokens]  the real tokens
 * @returns        [promptTokens + tokens]
 */
export function positionIds(
  config: Pick<EncoderConfig, 'positionRule' | 'positionOffset'>,
  inputIds: Int32Array,
  { promptTokens = 0, prefixTokens = 0 }: { promptTokens?: number; prefixTokens?: number } = {},
): Int32Array {
  const first = config.positionOffset + prefixTokens;
  const ids = Int32Array.from({ length: promptTokens + inputIds.length }, (_, index) => first + index);
  if (config.positionRule === 'index' || promptTokens > 0) return ids;
  const padding = config.positionOffset - 1;
  let next = first;
  return ids.map((_, index) => (inputIds[index] === padding ? padding : next++));
}
