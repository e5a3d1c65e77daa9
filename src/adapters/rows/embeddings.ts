import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { matmul } from '../../engine/ops/matmul.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { where } from '../../engine/ops/where.js';
import type { EmbeddingSite } from '../../models/sites.js';
import type { RowAdapters } from './row-adapters.js';

/**
 * Rows of an embedding table with each row's low-rank update: E[t] + Σₚ gₚ · A[p, t, :]·B[p].
 *
 * @param rows [batch, seq, width]  E[ids]
 * @param ids  int32 [batch, seq]
 * @returns    [batch, seq, width]
 */
export function embeddingWithUpdate(adapters: RowAdapters, site: EmbeddingSite, rows: Value, ids: Value): Value {
  const update = adapters.embedding(site, ids);
  return update ? add(rows, matmul(update.low, update.b)) : rows;
}

/**
 * Word embeddings with virtual tokens in their places.
 *
 * Lester et al. 2021, arXiv:2104.08691; P-tuning: Liu et al. 2021, arXiv:2103.10385.
 *
 * @param rows [batch, seq, width]
 * @returns    [batch, seq, width]
 */
export function embeddingsWithPrompt(adapters: RowAdapters, rows: Value): Value {
  const prompt = adapters.prompt();
  return prompt ? where(unsqueeze(prompt.isVirtual, [2]), prompt.embeddings, rows) : rows;
}
