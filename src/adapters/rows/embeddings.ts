import { mulDims, type Dim } from '../../engine/dim.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { gather } from '../../engine/ops/gather.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import { PAGE_RANKS } from '../brick.js';
import type { EmbeddingSite } from '../../models/sites.js';
import type { ChannelInputs } from './channel-inputs.js';

/**
 * Rows of an embedding table with each row's low-rank update: E[t] + Σₚ gₚ · A[p, t, :]·B[p].
 *
 * @param rows [batch, seq, width]  E[ids]
 * @param ids  int32 [batch, seq]
 * @returns    [batch, seq, width]
 */
export function embeddingWithPages(inputs: ChannelInputs, site: EmbeddingSite, rows: Value, ids: Value): Value {
  const name = `embedding.${site.table}` as const;
  if (!inputs.has(name)) return rows;
  const firsts = mul(inputs.ids(name), inputs.graph.scalar(site.rows, 'int32')); // row 0 of each page
  const at = add(unsqueeze(firsts, [1]), unsqueeze(ids, [2])); // [batch, seq, P]
  const a = gather(inputs.pool(name, 'a'), at, 0); // [batch, seq, P, 8]
  const [batch, seq, width] = at.shape as [Dim, Dim, Dim];
  const low = reshape(a, [batch, seq, mulDims(width, PAGE_RANKS)]);
  const gates = inputs.rankGates(name);
  const b = gather(inputs.pool(name, 'b'), inputs.rankIds(name, 1, 0), 0); // [batch, 8P, width]
  return add(rows, matmul(gates ? mul(low, gates) : low, b));
}
