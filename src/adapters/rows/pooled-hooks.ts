import { add } from '../../engine/ops/add.js';
import type { RowHooks } from '../../models/row-hooks.js';
import type { SiteTable } from '../../models/sites.js';
import { blockWithBottlenecks } from './bottleneck.js';
import type { ChannelInputs } from './channel-inputs.js';
import { embeddingWithPages } from './embeddings.js';
import { lowRankUpdate } from './low-rank.js';
import { normWithDeltas } from './norms.js';
import { prefixOf } from './prefix.js';
import { embeddingsWithPrompt } from './prompt.js';
import { linearWithVectors } from './vectors.js';

/**
 * Row hooks that read every adapter from page pools given as graph inputs: per row
 * y = o ⊙ (W·(i ⊙ x)) + Σₚ gₚ · Bₚ(Aₚ x) + c (design §2a). Only the channels of the variant are in the graph.
 */
export function pooledHooks(inputs: ChannelInputs, { layers }: SiteTable): RowHooks {
  return {
    embedding(site, rows, ids) {
      const updated = embeddingWithPages(inputs, site, rows, ids);
      return site.table === 'word' ? embeddingsWithPrompt(inputs, updated) : updated;
    },
    linear(site, x, weight, bias) {
      const output = linearWithVectors(inputs, layers, site, { x, weight, bias });
      const update = lowRankUpdate(inputs, layers, site, x);
      return update ? add(output, update) : output;
    },
    norm: (site, x, gain, bias, epsilon) => normWithDeltas(inputs, layers, site, { x, gain, bias, epsilon }),
    prefix: (layer) => prefixOf(inputs, layers, layer),
    block: (slot, layer, output, residual, norm) =>
      blockWithBottlenecks(inputs, layers, { slot, layer, output, residual, norm }),
  };
}
