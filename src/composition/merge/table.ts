import { electedMean, weightedSum, type SignMajority, type Weighted } from './join.js';

/** How members become one checkpoint; named as PEFT's `combination_type`. */
export const MERGE_KINDS = [
  'cat',
  'svd',
  'linear',
  'magnitude_prune',
  'ties',
  'dare_linear',
  'dare_ties',
  'magnitude_prune_svd',
  'ties_svd',
  'dare_linear_svd',
  'dare_ties_svd',
] as const;
export type MergeKind = (typeof MERGE_KINDS)[number];

/** The steps of one kind. */
export interface MergeLaw {
  /**
   * `ranks`: put side by side, exact. `cut`: those, cut to fewer. `factors`: A with A and B with B, so their product has
   * cross terms Bᵢ · Aⱼ besides. `deltas`: ΔW with ΔW, then cut.
   */
  readonly of: 'ranks' | 'cut' | 'factors' | 'deltas';
  readonly sparsify?: 'largest' | 'random';
  /** Number by number; absent for `ranks` and `cut`. */
  readonly join?: (parts: readonly Weighted[], majority: SignMajority) => Float64Array;
}

export const MERGE_LAWS: Readonly<Record<MergeKind, MergeLaw>> = {
  cat: { of: 'ranks' },
  svd: { of: 'cut' },
  linear: { of: 'factors', join: weightedSum },
  magnitude_prune: { of: 'factors', sparsify: 'largest', join: weightedSum },
  ties: { of: 'factors', sparsify: 'largest', join: electedMean },
  dare_linear: { of: 'factors', sparsify: 'random', join: weightedSum },
  dare_ties: { of: 'factors', sparsify: 'random', join: electedMean },
  magnitude_prune_svd: { of: 'deltas', sparsify: 'largest', join: weightedSum },
  ties_svd: { of: 'deltas', sparsify: 'largest', join: electedMean },
  dare_linear_svd: { of: 'deltas', sparsify: 'random', join: weightedSum },
  dare_ties_svd: { of: 'deltas', sparsify: 'random', join: electedMean },
};
