import type { Brick } from '../adapters/brick.js';

/** What a row asks of the trunk's last hidden states. */
export type RowTask =
  | { readonly kind: 'sequence' } // head logits [labels]
  | { readonly kind: 'token' } // head logits [positions, labels], virtual tokens left out
  | { readonly kind: 'masked_lm'; readonly positions: readonly number[] } // logits [positions.length, vocab]
  | { readonly kind: 'embedding'; readonly pooling: 'mean' | 'cls' } // [hidden], not normalised
  | { readonly kind: 'hidden' }; // [positions, hidden]

/** One row of a batch. `bricks` are ids that `load` made resident; a row without bricks is the bare base. */
export interface Row {
  readonly inputIds: Int32Array;
  /** Zeros when absent. */
  readonly tokenTypeIds?: Int32Array;
  readonly bricks: readonly { readonly id: string; readonly weight: number }[];
  /** Whose head answers: a brick's id, or the base's own. */
  readonly head: string | 'base';
  readonly task: RowTask;
}

export interface RowResult {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How long the parts of one batch took, in milliseconds, and what it held. */
export interface BatchTimings {
  readonly engineMs: number;
  readonly totalMs: number;
  readonly rows: number;
  readonly tokens: number;
  /** tokens ÷ (rows × longest row): 1 is a batch without padding. */
  readonly fill: number;
  readonly variant: string;
}

export interface BatchResult {
  readonly rows: readonly RowResult[];
  readonly timings: BatchTimings;
}

/** What the base offers; sent once by the runtime when it is ready. */
export interface BaseDescription {
  readonly name: string;
  readonly family: string;
  /** sha256 over config and weights. */
  readonly digest: string;
  readonly layers: number;
  readonly hidden: number;
  readonly vocab: number;
  /** Longest sequence, virtual tokens included. */
  readonly maxTokens: number;
  readonly engine: string;
  readonly parameters: number;
}

/**
 * The engine behind a thread border. `load` is idempotent by id; `run` needs every brick it names to be resident and
 * gives its results in the order of its rows. Implemented by the worker-thread client and, for tests and tools, in process.
 */
export interface Runtime {
  readonly base: BaseDescription;
  load(id: string, brick: Brick): Promise<{ bytes: number }>;
  unload(id: string): Promise<void>;
  run(rows: readonly Row[]): Promise<BatchResult>;
  /** Stops after the batch in flight; a thread is never terminated inside `run`. */
  stop(): Promise<void>;
}
