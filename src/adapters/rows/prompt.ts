import type { Value } from '../../engine/graph.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { where } from '../../engine/ops/where.js';
import type { ChannelInputs } from './channel-inputs.js';

/**
 * Word embeddings with virtual tokens in their places: where a position names a page of the prompt pool, its embedding
 * stands instead of the table's; page 0 means a real token.
 *
 * Lester et al. 2021, arXiv:2104.08691; P-tuning: Liu et al. 2021, arXiv:2103.10385.
 *
 * @param rows [batch, seq, width]
 * @returns    [batch, seq, width]
 */
export function embeddingsWithPrompt(inputs: ChannelInputs, rows: Value): Value {
  if (!inputs.has('prompt')) return rows;
  const ids = inputs.positionIds('prompt'); // [batch, seq]
  const virtual = gather(inputs.pool('prompt', 'embeddings'), ids, 0); // [batch, seq, width]
  return where(unsqueeze(greater(ids, inputs.graph.scalar(0, 'int32')), [2]), virtual, rows);
}
