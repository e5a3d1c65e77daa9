import type { PackedAdapter } from '../adapters/import-packed.js';
import type { CutReport, SquadCut } from '../adapters/routing/squad-cut.js';
import type { WireError } from './error-wire.js';

/** `workerData` of the import thread. */
export interface ImportInput {
  /** Of the base. */
  readonly directory: string;
  /** Of the base's files as the service found them; see `LocalSource.stamp`. */
  readonly stamp: string;
}

/** What the thread computes, each by its call. */
export interface ImportResults {
  /** The adapter in a directory. */
  readonly import: PackedAdapter;
  /** A packed brick of the prototypes by which Arrow weighs a packed brick. */
  readonly arrow: Uint8Array<ArrayBuffer>;
  /** One task's part of a squad, as files beside those it is cut from. */
  readonly cut: CutReport;
}

/** To the thread. Answers come in the order of the calls. */
export type ImportCall =
  | { readonly type: 'import'; readonly directory: string }
  | { readonly type: 'arrow'; readonly packed: Uint8Array; readonly layers: number }
  | { readonly type: 'cut'; readonly cut: SquadCut };

export type ImportAnswer =
  | { readonly type: 'done'; readonly result: ImportResults[keyof ImportResults] }
  | { readonly type: 'refused'; readonly error: WireError };
