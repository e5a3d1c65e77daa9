import { PAGE_RANKS, type BottleneckPages, type Brick, type GatePlace } from '../../adapters/brick.js';
import { SITE_ROLES } from '../../models/sites.js';
import { cutRanks } from '../merge/svd.js';
import type { GateVectors } from './gate-vectors.js';

/** Pages of ranks, of whatever place. */
interface Pages {
  readonly pages: number;
  readonly a: Float32Array; // [pages, layers, 8, in]
  readonly b: Float32Array; // [pages, layers, 8, out]
}

/** Changes with what `arrowGates` gives for a brick; prototypes of another version are derived again. */
export const ARROW_VERSION = 1;

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
  return Object.fromEntries(updatesOf(brick).map(([place, parts]) => [place, prototypes(parts, layers)]));
}

/** Places at which `arrowGates` finds a prototype. */
export function arrowPlaces(brick: Brick): GatePlace[] {
  return updatesOf(brick).map(([place]) => place);
}

function updatesOf({ lowRank, bottlenecks }: Brick): [GatePlace, readonly Pages[]][] {
  const sites = SITE_ROLES.flatMap((role): [GatePlace, readonly Pages[]][] => {
    const pages = lowRank[role];
    return pages && pages.pages > 0 ? [[role, [pages]]] : [];
  });
  const blocks = (['attention', 'ffn'] as const).flatMap((slot): [GatePlace, readonly Pages[]][] => {
    const units = bottlenecks.filter((one: BottleneckPages) => one.slot === slot && one.pages > 0);
    return units.length > 0 ? [[`${slot}_block`, units]] : [];
  });
  return [...sites, ...blocks];
}

function prototypes(parts: readonly Pages[], layers: number): Float32Array {
  const width = parts[0]!.a.length / (parts[0]!.pages * layers * PAGE_RANKS);
  const vectors = new Float32Array(layers * width);
  for (let layer = 0; layer < layers; layer++) {
    const a = ranksOf(parts, 'a', layer, layers);
    const b = ranksOf(parts, 'b', layer, layers);
    vectors.set(cutRanks({ rank: a.length / width, a, b }, 1).ranks.a, layer * width);
  }
  return vectors;
}

/** The eight rows of each page that belong to a layer, one page after the other. */
function ranksOf(parts: readonly Pages[], side: 'a' | 'b', layer: number, layers: number): Float64Array {
  const rows = new Float64Array(parts.reduce((sum, part) => sum + part[side].length / layers, 0));
  let at = 0;
  for (const part of parts) {
    const size = part[side].length / (part.pages * layers);
    for (let page = 0; page < part.pages; page++, at += size) {
      const from = (page * layers + layer) * size;
      rows.set(part[side].subarray(from, from + size), at);
    }
  }
  return rows;
}
