import type { Value } from '../../engine/graph.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import type { LowRankValues } from './row-adapters.js';

/**
 * What low-rank pages add to a site: Σₚ gₚ · (x·Aₚᵀ)·Bₚ.
 *
 * The ranks of all pages stand side by side in one matrix, so any number of pages, adapters and ranks is two products.
 * Padding is all zeros, so a row without pages adds exactly zero.
 *
 * Hu et al. 2021, arXiv:2106.09685, §4.1; batches of unlike adapters as in Chen et al. 2023 (Punica), arXiv:2310.18547.
 *
 * @param x [batch, seq, in]
 * @returns [batch, seq, out]
 */
export function lowRankUpdate({ a, b, gates, read }: LowRankValues, x: Value): Value {
  const low = matmul(read ? read(x) : x, a, { transposeB: true }); // [batch, seq, ranks]
  return matmul(gates ? mul(low, gates) : low, b);
}
