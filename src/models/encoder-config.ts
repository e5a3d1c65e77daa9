import type { Activation } from './heads.js';

/** Everything about a post-norm encoder that changes its numbers, the same for all families. */
export interface EncoderConfig {
  /** `bert`, `roberta` (XLM-R too), `distilbert`, `electra` or `mpnet`. */
  readonly family: string;
  /** `model_type` of config.json, e.g. `xlm-roberta`. */
  readonly modelType: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocab: number;
  /** Width of the embedding tables; other than `hidden` for small ELECTRA models, which project it. */
  readonly embedding: number;
  /** Rows of the position table. */
  readonly positions: number;
  /** Rows of the token-type table, 0 where the family has none. */
  readonly tokenTypes: number;
  readonly activation: Activation;
  readonly epsilon: number;
  readonly padTokenId: number;
  /** `index`: 0, 1, 2, …; `after_pad`: positionOffset + index over the tokens that are not padding. */
  readonly positionRule: 'index' | 'after_pad';
  /** Position id of the first token: 0, or the padding id + 1. */
  readonly positionOffset: number;
  /** Rows of the relative attention bias table (MPNet). */
  readonly relativeBuckets?: number;
}

/** Longest row the position table allows, virtual tokens included. */
export function maxTokens(config: EncoderConfig): number {
  return config.positions - config.positionOffset;
}
