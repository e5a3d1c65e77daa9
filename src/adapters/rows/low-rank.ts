import type { Value } from '../../engine/graph.js';
import { gather } from '../../engine/ops/gather.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import type { Site } from '../../models/sites.js';
import type { ChannelInputs } from './channel-inputs.js';

/**
 * What the low-rank pages of each row add to a site: Σₚ gₚ · (x·Aₚᵀ)·Bₚ.
 *
 * The pages of a row are put side by side into one matrix of 8·P ranks, so any number of pages, adapters and ranks is two
 * batched products. They are gathered layer by layer out of the flattened pool: gathering all layers at once copies every
 * page twice. Padding is page 0, all zeros, so a row without pages adds exactly zero.
 *
 * Hu et al. 2021, arXiv:2106.09685, §4.1; batches of unlike adapters as in Chen et al. 2023 (Punica), arXiv:2310.18547.
 *
 * @param x [batch, seq, in]
 * @returns [batch, seq, out], or nothing when no row of the variant touches the site's role
 */
export function lowRankUpdate(inputs: ChannelInputs, layers: number, site: Site, x: Value): Value | undefined {
  const name = `low_rank.${site.role}` as const;
  if (!inputs.has(name)) return undefined;
  const ids = inputs.rankIds(name, layers, site.layer); // [batch, 8P]
  const a = gather(inputs.pool(name, 'a'), ids, 0); // [batch, 8P, in]
  const b = gather(inputs.pool(name, 'b'), ids, 0); // [batch, 8P, out]
  const low = matmul(x, a, { transposeB: true }); // [batch, seq, 8P]
  const gates = inputs.rankGates(name);
  return matmul(gates ? mul(low, gates) : low, b);
}
