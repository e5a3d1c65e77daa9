import type { PackedAdapter } from '../adapters/import-packed.js';
import type { WireError } from './error-wire.js';

/** `workerData` of the import thread. */
export interface ImportInput {
  /** Of the base. */
  readonly directory: string;
  /** Of the base's files as the service found them; see `LocalSource.stamp`. */
  readonly stamp: string;
}

/** To the thread: the directory of an adapter. Answers come in the order of the calls. */
export type ImportCall = string;

export type ImportAnswer =
  | { readonly type: 'imported'; readonly adapter: PackedAdapter }
  | { readonly type: 'refused'; readonly error: WireError };
