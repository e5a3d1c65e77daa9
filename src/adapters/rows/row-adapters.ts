import type { Value } from '../../engine/graph.js';
import type { Activation } from '../../models/heads.js';
import type { BlockSlot, PrefixValues } from '../../models/row-hooks.js';
import type { EmbeddingSite, NormSite, Site } from '../../models/sites.js';
import type { BottleneckPages } from '../brick.js';

/** Σₚ gₚ · (x·Aₚᵀ)·Bₚ; ranks of all pages side by side. A leading axis `batch` where rows differ. */
export interface LowRankValues {
  readonly a: Value; // [ranks, in] or [batch, ranks, in]
  readonly b: Value; // [ranks, out] or [batch, ranks, out]
  /** [batch, 1 or seq, ranks] */
  readonly gates?: Value | undefined;
  /** What the factors read in the place of the layer's input, e.g. with dropout. */
  readonly read?: (x: Value) => Value;
}

/** Low-rank update of looked-up rows: low · B. */
export interface EmbeddingValues {
  readonly low: Value; // [batch, seq, ranks]
  readonly b: Value; // [ranks, width] or [batch, ranks, width]
}

/** f(x) = act(x·Aᵀ + a)·B + b. */
export interface BottleneckValues {
  readonly input: BottleneckPages['input'];
  readonly activation: Activation;
  readonly bias: Value; // [hidden] or [batch, 1 or seq, hidden]
  /** Those of a level read what the levels below left; 0 unless given. */
  readonly level?: number;
  /** Absent: the bias alone. */
  readonly units?: {
    readonly a: Value; // [units, hidden] or [batch, units, hidden]
    readonly aBias: Value; // [units] or [batch, 1, units]
    readonly b: Value; // [units, hidden] or [batch, units, hidden]
    readonly gates?: Value | undefined;
  };
}

/** Rows of which the outputs of several members are sums. */
export interface MemberRows {
  readonly rows: Value; // [rows, hidden] or [batch, rows, hidden]
  /** 1 where a row is a member's. */
  readonly members: Value; // [members, rows] or [batch, members, rows]
  /** What rows count besides, where members have weights: [batch, 1, rows]. */
  readonly gates?: Value;
}

/** Units and output biases of one activation, of all members that are mixed. */
export interface FusedUnits {
  readonly activation: Activation;
  readonly bias: MemberRows;
  /** Absent: the biases alone. */
  readonly units?: MemberRows & {
    readonly a: Value; // [units, hidden] or [batch, units, hidden]
    readonly aBias: Value; // [units] or [batch, 1, units]
  };
}

/** Bottlenecks that attention mixes, see `fusedUpdate`. */
export interface FusionValues {
  readonly input: BottleneckPages['input'];
  /** As of `BottleneckValues`. */
  readonly level?: number;
  readonly parts: readonly FusedUnits[];
  /** Whose product with a member's output is its score: [batch, seq, hidden] → the same. */
  query(x: Value): Value;
  /** V of the mixed output: [batch, seq, hidden] → the same. */
  value(context: Value): Value;
  /** bool [batch, 1, members]; all unless given. */
  readonly isPresent?: Value;
  /** The shares [batch, seq, members] as they act. */
  settle?(shares: Value): Value;
}

/** What a level of a stack does to a site's output z, the base's bias left out: o ⊙ z + Σₚ … + c. */
export interface SiteLevel {
  readonly outputScale?: Value | undefined; // [batch, 1 or seq, out]
  readonly lowRank?: LowRankValues | undefined;
  readonly bias?: Value | undefined; // [batch, 1 or seq, out]
}

/** Virtual input tokens where `isVirtual`. */
export interface PromptValues {
  readonly isVirtual: Value; // bool [batch, seq]
  readonly embeddings: Value; // [batch, seq, width]
}

/**
 * The values that adapters put into the algebra of a row (design §2a), wherever they come from: page pools in serving,
 * trained parameters in training. `adaptedHooks` is the mathematics over them. What a place does not have is absent and
 * costs nothing; each method is asked once for each place. `x` is what enters the place.
 */
export interface RowAdapters {
  lowRank(site: Site, x: Value): LowRankValues | undefined;
  /** i: [in] or [batch, 1, in] */
  inputScale(site: Site): Value | undefined;
  /** o: [out] or [batch, 1 or seq, out], of the product only */
  outputScale(site: Site, x: Value): Value | undefined;
  /** The whole bias in the place of the base's: [out] or [batch, 1 or seq, out]. */
  bias(site: Site, own: Value | undefined, x: Value): Value | undefined;
  /** Levels above the first, lowest first. */
  levelsAbove?(site: Site, x: Value): readonly SiteLevel[];
  embedding(site: EmbeddingSite, ids: Value): EmbeddingValues | undefined;
  prompt(): PromptValues | undefined;
  /** Gain and bias in the place of the base's: [width] each or [batch, 1 or seq, width] each. */
  norm(site: NormSite, own: NormValues): NormValues | undefined;
  prefix(layer: number): PrefixValues | undefined;
  /** @param normed  LN(h + i), what routes read at the end of a block */
  bottlenecks(slot: BlockSlot, layer: number, normed: () => Value): readonly BottleneckValues[];
  fusions?(slot: BlockSlot, layer: number): readonly FusionValues[];
}

export interface NormValues {
  readonly gain: Value;
  readonly bias: Value;
}
