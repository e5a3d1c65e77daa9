import type { Digest } from '../../common/digest.js';
import type { DataTask, Problem, Split } from './example.js';
import type { Fault, FaultKind } from './fault.js';
import type { LengthSummary } from './length-counts.js';
import type { NearOptions } from './near-duplicates.js';
import type { Fractions } from './stratify.js';

export interface LabelCard {
  readonly label: string;
  readonly rows: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Loss weights by the counts of the train split (objectives/class-weights.ts). */
  readonly balancedWeight: number;
  readonly effectiveWeight: number;
}

export interface SplitCard {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly digest: Digest;
}

export interface SourceCard {
  readonly name: string;
  readonly format: 'jsonl' | 'csv';
  readonly bytes: number;
  readonly digest: Digest;
  readonly lines: { readonly read: number; readonly sound: number };
  /** The key of the file that was read as each field, by field. */
  readonly columns: Readonly<Record<string, string>>;
  /** Keys that were not read. */
  readonly ignored: readonly string[];
}

/** What a data set is, how it was cleaned and split; written beside its splits as card.json. */
export interface DataCard {
  readonly version: 1;
  readonly task: DataTask;
  readonly problem: Problem;
  /** SHA-256 over the digests of the three splits: equal for equal training data. */
  readonly digest: Digest;
  readonly sources: readonly SourceCard[];
  readonly seed: number;
  readonly fractions: Fractions;
  readonly near: NearOptions | undefined;
  readonly rows: {
    readonly read: number;
    readonly faulty: number;
    readonly duplicates: number;
    readonly nearDuplicates: number;
    /** Rows alike but with another label, which stay. */
    readonly nearDiffering: number;
    readonly outvoted: number;
    readonly kept: number;
    /** Rows of the largest cluster of texts that are alike, which all went to one split. */
    readonly largestCluster: number;
  };
  readonly conflicts: { readonly texts: number; readonly settled: number; readonly dropped: number };
  readonly splits: Readonly<Record<Split, SplitCard>>;
  /** By name; entities count by type. */
  readonly labels: readonly LabelCard[];
  /** Largest count of a label over the smallest, in the train split. */
  readonly imbalance: number | undefined;
  readonly groups: readonly { readonly group: string; readonly rows: number }[];
  readonly lengths: {
    readonly characters: LengthSummary;
    readonly words: LengthSummary;
    readonly tokens: LengthSummary | undefined;
  };
  readonly characters: readonly { readonly kind: string; readonly share: number }[];
  readonly faults: {
    readonly counts: Readonly<Partial<Record<FaultKind, number>>>;
    readonly first: readonly Fault[];
  };
  readonly warnings: readonly string[];
  /** Why no model can be trained on it; empty when one can. */
  readonly unusable: readonly string[];
}
