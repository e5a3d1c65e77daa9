import type { RowHooks } from '../../models/row-hooks.js';
import { blockWithBottlenecks } from './bottleneck.js';
import { embeddingsWithPrompt, embeddingWithUpdate } from './embeddings.js';
import { adaptedNorm } from './norms.js';
import type { RowAdapters } from './row-adapters.js';
import { adaptedLinear } from './linear.js';

/**
 * Row hooks with the mathematics of every adapter method: per row
 * y = o ⊙ (W·(i ⊙ x)) + Σₚ gₚ · Bₚ(Aₚ x) + c (design §2a), and its kin at norms, embeddings, attention and blocks.
 */
export function adaptedHooks(adapters: RowAdapters): RowHooks {
  return {
    embedding(site, rows, ids) {
      const updated = embeddingWithUpdate(adapters, site, rows, ids);
      return site.table === 'word' ? embeddingsWithPrompt(adapters, updated) : updated;
    },
    linear: (site, x, weight, bias) => adaptedLinear(adapters, site, { x, weight, bias }),
    norm: (site, x, gain, bias, epsilon) => adaptedNorm(adapters, site, { x, gain, bias, epsilon }),
    prefix: (layer) => adapters.prefix(layer),
    block: (slot, layer, output, residual, norm) =>
      blockWithBottlenecks(adapters, { slot, layer, output, residual, norm }),
  };
}
