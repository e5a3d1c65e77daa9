import type { Brick } from '../adapters/brick.js';
import type { ADAPTER_FUSION } from '../adapters/rows/routing/fusion-route.js';
import type { TokenLaw } from '../adapters/rows/routing/laws.js';
import type { TokenRange } from '../adapters/rows/token-range.js';

/** What a row asks of the trunk's last hidden states. */
export type RowTask =
  | { readonly kind: 'sequence' } // head logits [labels]
  | { readonly kind: 'token' } // head logits [positions, labels], virtual tokens left out
  | { readonly kind: 'masked_lm'; readonly positions: readonly number[] } // logits [positions.length, vocab]
  | { readonly kind: 'embedding'; readonly pooling: 'mean' | 'cls' } // [hidden], not normalised
  | { readonly kind: 'hidden' }; // [positions, hidden]

/** One term of a row's sum: a resident brick and its weight. */
export interface RowBrick {
  readonly id: string;
  readonly weight: number;
  /** Bricks of a level act on what the levels below it left; 0 unless given. */
  readonly level?: number;
  /** The input's tokens that it acts on; all unless given. */
  readonly tokens?: TokenRange;
  /** The index in `routes` of the one that decides its share, token by token. */
  readonly route?: number;
}

/** Shares the tokens of a row out among the bricks that name this route. */
export type RowRoute = GatedRoute | FusionRoute;

/** At each site from what enters it, by a gate vector of each brick. */
export interface GatedRoute {
  readonly law: TokenLaw;
  /** Members that a token goes to, at most. */
  readonly topK: number;
  readonly temperature: number;
  /** A token whose best member scores less goes to none of them. */
  readonly floor?: number;
  /** For each brick of this route, in the order of the row, the resident brick that holds its gate vectors. */
  readonly gates: readonly string[];
}

/** At the end of each block by attention over what the bricks, which are bottlenecks, put out: AdapterFusion. */
export interface FusionRoute {
  readonly law: typeof ADAPTER_FUSION;
  /** The resident brick that holds the matrices, which were fitted for these bricks in the order of the row. */
  readonly fusion: string;
}

/** One row of a batch. `bricks` are ids that `load` made resident; a row without bricks is the bare base. */
export interface Row {
  readonly inputIds: Int32Array;
  /** Zeros when absent. */
  readonly tokenTypeIds?: Int32Array;
  readonly bricks: readonly RowBrick[];
  readonly routes?: readonly RowRoute[];
  /** Whose heads answer: bricks' ids, or the base's own. Logits of several stand side by side on the last axis. */
  readonly heads: readonly (string | 'base')[];
  readonly task: RowTask;
}

export interface RowResult {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /**
   * For each route of the row the mean gate of each member over the tokens and sites it was asked at, then the share of
   * these at which no member cleared the floor.
   */
  readonly shares?: readonly Float32Array[];
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
