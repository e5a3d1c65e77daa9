import type { Activation, Head } from '../models/heads.js';
import { SITE_ROLES, type EmbeddingSite, type SiteRole } from '../models/sites.js';
import type { WholeModel } from './whole-model.js';
import type { TokenLaw } from './rows/routing/laws.js';

/** Ranks (or bottleneck units) in one page. */
export const PAGE_RANKS = 8;

/**
 * Low-rank pages of one site group: ΔW of layer l = Σₚ B[p, l]ᵀ · A[p, l], the method's scale folded into B, ranks padded
 * with zeros to whole pages.
 */
export interface LowRankPages {
  readonly pages: number;
  readonly a: Float32Array; // [pages, layers, 8, in]
  readonly b: Float32Array; // [pages, layers, 8, out]
}

/** Low-rank update of an embedding table: row t gains Σₚ A[p, t, :] · B[p]; scale folded into B. */
export interface EmbeddingPages {
  readonly table: EmbeddingSite['table'];
  readonly pages: number;
  readonly a: Float32Array; // [pages, rows, 8]
  readonly b: Float32Array; // [pages, 8, width]
}

/** Per-row vectors of one site group: y = o ⊙ (W·(i ⊙ x)) + Σ B(A x) + c. Absent ones are identity. `c` is the whole bias
 * delta to the base's own bias, so the graph computes o ⊙ (W·(i ⊙ x)) + bias + c. */
export interface SiteVectors {
  readonly outputScale?: Float32Array; // [layers, out]
  readonly inputScale?: Float32Array; // [layers, in]
  readonly bias?: Float32Array; // [layers, out]
}

/** Deltas to layer-norm gain and bias, for the norms of one width in the order of `SiteTable.norms`. */
export interface NormDeltas {
  readonly gain: Float32Array; // [norms, width]
  readonly bias: Float32Array; // [norms, width]
}

/**
 * Bottleneck units f(x) = up(act(down(x))) · scaling in one slot of every layer. The block's result is
 * LN(h + i + f(x)), h the dense output, i the residual, and x = LN(h + i) (`normed`), h (`output`) or i (`residual`).
 * Scaling is folded into `b` and `bBias`.
 */
export interface BottleneckPages {
  readonly slot: 'attention' | 'ffn';
  readonly input: 'normed' | 'output' | 'residual';
  readonly activation: Activation;
  readonly pages: number;
  readonly a: Float32Array; // [pages, layers, 8, hidden]
  readonly aBias: Float32Array; // [pages, layers, 8]
  readonly b: Float32Array; // [pages, layers, 8, hidden]
  readonly bBias: Float32Array; // [layers, hidden]
}

/** Key and value tokens put before the sequence in every layer; the real tokens' positions move up by `tokens`. */
export interface PrefixTokens {
  readonly tokens: number;
  readonly keys: Float32Array; // [tokens, layers, hidden]
  readonly values: Float32Array; // [tokens, layers, hidden]
}

/** Virtual input tokens put before the real ones, in place of their word embeddings. */
export interface PromptTokens {
  readonly tokens: number;
  readonly embeddings: Float32Array; // [tokens, embedding width]
}

/** Places with a gate vector a layer: each site by its role, and the bottleneck slot at the end of each block. */
export const GATE_PLACES = [...SITE_ROLES, 'attention_block', 'ffn_block'] as const;
export type GatePlace = (typeof GATE_PLACES)[number];

/**
 * AdapterFusion at the end of one kind of block, layer by layer: of what its bottlenecks read, x, member e with the output aₑ
 * gets the share softmaxₑ((xᵀM + m)·aₑ), and the block gains V·Σ shareₑ·aₑ.
 */
export interface FusionMatrices {
  readonly score: Float32Array; // M [layers, hidden, hidden]
  readonly offset: Float32Array; // m [layers, hidden]
  readonly value: Float32Array; // V [layers, hidden, hidden]
}

/** Where the texts that a brick is for lie among embeddings of the bare base. */
export interface Centroid {
  readonly vector: Float32Array; // [hidden], of length 1
  /** The cosine that 95 % of these texts reach. */
  readonly floor: number;
}

/** One adapter resolved on one base: all that a row of a batch needs, in the algebra of design §2a. */
export interface Brick {
  readonly lowRank: Partial<Record<SiteRole, LowRankPages>>;
  readonly embeddings: readonly EmbeddingPages[];
  readonly vectors: Partial<Record<SiteRole, SiteVectors>>;
  /** Norms after a block, all of width hidden: [attention 0, ffn 0, attention 1, …]. */
  readonly blockNorms?: NormDeltas;
  /** The norm of the embeddings, [1, embedding width]. */
  readonly embeddingNorm?: NormDeltas;
  readonly bottlenecks: readonly BottleneckPages[];
  readonly prefix?: PrefixTokens;
  readonly prompt?: PromptTokens;
  /**
   * What a route compares with the input of each place, [layers, width of that input]: Arrow's prototypes, PHATGOOSE's
   * gates, the rows of a Mod-Squad router. A brick may hold nothing else; as a term of a row its gates add nothing.
   */
  readonly gates?: Partial<Record<GatePlace, Float32Array>>;
  /** The law that `gates` were made for. */
  readonly gatesFor?: TokenLaw;
  /**
   * Of a router: `gates` hold the vectors of this many bricks, [experts, layers, width], or `fusion` is for as many, and
   * `head` answers its task. A router is no term of a row; see `routing/router-parts.ts` for the bricks that it is loaded as.
   */
  readonly experts?: number;
  /** What a route by AdapterFusion weighs bottlenecks by; a router of that law holds nothing else but its head. */
  readonly fusion?: Partial<Record<BottleneckPages['slot'], FusionMatrices>>;
  /** What a route by the request's embedding compares that with. */
  readonly centroid?: Centroid;
  /** Absent: the row is answered with the base's head. */
  readonly head?: Head;
  /** Tensors of `head` that are the base's own, by their place there: their names in the base. They are empty in `head`. */
  readonly headFromBase?: Readonly<Record<string, string>>;
  /** A model of its own in the place of the base; then nothing of the above is there. */
  readonly model?: WholeModel;
}
