import { PAGE_RANKS, type BottleneckPages, type Brick } from '../../adapters/brick.js';
import { SITE_ROLES } from '../../models/sites.js';
import { cutRanks } from '../merge/svd.js';
import type { GateVectors } from './gate-vectors.js';

/** Pages of ranks, of whatever place. */
interface Pages {
  readonly pages: number;
  readonly a: Float32Array; // [pages, layers, 8, in]
  readonly b: Float32Array; // [pages, layers, 8, out]
}

/**
 * Arrow's prototypes, read from the adapter itself: for each place and layer the input direction that ΔW = Bᵀ · A answers
 * most, v = argmax ‖ΔW · v‖ over ‖v‖ = 1, its first right singular vector. No data, no training; the sign is free, so
 * routes take |x · v|. Where a brick changes nothing, v is 0.
 *
 * Of the scale of DoRA nothing is seen. Bottleneck units are taken as if they were linear. The factors are decomposed
 * exactly, r² · (in + out) + r³ for r ranks, where the authors iterate.
 *
 * Ostapenko et al. 2024, "Towards Modular LLMs by Building and Reusing a Library of LoRAs", §4, arXiv:2405.11157.
 *
 * @param layers  of the base
 */
export function arrowGates(brick: Brick, layers: number): GateVectors {
  const gates: GateVectors = {};
  for (const role of SITE_ROLES) {
    const pages = brick.lowRank[role];
    if (pages && pages.pages > 0) gates[role] = prototypes([pages], layers);
  }
  for (const slot of ['attention', 'ffn'] as const) {
    const units = brick.bottlenecks.filter((one: BottleneckPages) => one.slot === slot && one.pages > 0);
    if (units.length > 0) gates[`${slot}_block`] = prototypes(units, layers);
  }
  return gates;
}

function prototypes(parts: readonly Pages[], layers: number): Float32Array {
  const width = widthOf(parts[0]!.a, parts[0]!.pages, layers);
  const vectors = new Float32Array(layers * width);
  for (let layer = 0; layer < layers; layer++) {
    const [a, b] = (['a', 'b'] as const).map((side) =>
      joined(parts.flatMap((part) => rowsOf(part, side, layer, layers))),
    );
    const rank = a!.length / width;
    vectors.set(cutRanks({ rank, a: a!, b: b! }, 1).ranks.a, layer * width);
  }
  return vectors;
}

/** The eight rows of each page that belong to a layer. */
function rowsOf({ pages, ...sides }: Pages, side: 'a' | 'b', layer: number, layers: number): Float32Array[] {
  const size = sides[side].length / (pages * layers);
  return Array.from({ length: pages }, (_, page) => {
    const from = (page * layers + layer) * size;
    return sides[side].subarray(from, from + size);
  });
}

function widthOf(a: Float32Array, pages: number, layers: number): number {
  return a.length / (pages * layers * PAGE_RANKS);
}

function joined(rows: readonly Float32Array[]): Float64Array {
  return Float64Array.from(rows.flatMap((row) => [...row]));
}
