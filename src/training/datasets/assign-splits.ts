import type { NearDuplicates } from './near-duplicates.js';
import type { RowTable } from './row-table.js';
import type { Strata } from './strata.js';
import { stratify, type Fractions } from './stratify.js';

export interface Assigned {
  /** By ordinal among the rows kept: 0 train, 1 validation, 2 test. */
  readonly splits: Uint8Array;
  readonly largestCluster: number;
}

/**
 * Splits rows so that no two that are alike are in different splits: each cluster is a unit, placed by the smallest key in
 * it and by the labels of the rows that stay. A unit with a row that is pinned to a split goes there.
 */
export function assignSplits(
  table: RowTable,
  kept: Uint32Array,
  near: Pick<NearDuplicates, 'removed' | 'clusters'>,
  strata: Strata,
  fractions: Fractions,
): Assigned {
  const roots = Uint32Array.from(kept, (_, ordinal) => near.clusters.find(ordinal));
  const least = kept.slice(); // by root: the row with the smallest key
  const sizes = new Uint32Array(kept.length);
  roots.forEach((root, ordinal) => {
    if (table.compareKeys(kept[ordinal]!, least[root]!) < 0) least[root] = kept[ordinal]!;
    sizes[root]!++;
  });
  const order = roots.filter((root, ordinal) => root === ordinal);
  order.sort((a, b) => table.compareKeys(least[a]!, least[b]!) || a - b);
  const unitOf = new Uint32Array(kept.length);
  order.forEach((root, unit) => (unitOf[root] = unit));
  const pins = new Uint8Array(order.length);
  const memberUnits: number[] = [];
  const memberLabels: number[] = [];
  roots.forEach((root, ordinal) => {
    const unit = unitOf[root]!;
    pins[unit] = Math.max(pins[unit]!, table.pin[kept[ordinal]!]!);
    if (near.removed[ordinal] === 1) return;
    for (const label of strata.entries(table.stratum[kept[ordinal]!]!)) {
      memberUnits.push(unit);
      memberLabels.push(label);
    }
  });
  const placed = stratify(
    {
      count: order.length,
      memberUnits: Uint32Array.from(memberUnits),
      memberLabels: Uint32Array.from(memberLabels),
      labelCount: strata.labels.size + strata.groups.size,
      firstGroup: strata.labels.size,
      pins,
    },
    fractions,
  );
  const splits = Uint8Array.from(roots, (root) => placed[unitOf[root]!]!);
  return { splits, largestCluster: sizes.reduce((a, b) => Math.max(a, b), 0) };
}
