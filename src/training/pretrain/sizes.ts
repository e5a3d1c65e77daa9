/** What a base made from nothing looks like and how it is trained. */
export interface PretrainConfig {
  readonly vocab: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly positions: number;
  readonly tokenTypes: number;
  readonly epsilon: number;
  /** Tokens of a row, in turn by step. */
  readonly rowTokens: readonly number[];
  readonly batchRows: number;
  readonly maskedShare: number;
  /** Tokens to see in all, unless told otherwise. */
  readonly tokens: number;
  readonly learningRate: number;
  readonly warmupRatio: number;
  readonly betas: readonly [number, number];
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Tokens to either side that count as neighbours for the word embeddings to start from. */
  readonly window: number;
  /** Standard deviation of those embeddings: that of the positions, or attention takes millions of tokens more to find places. */
  readonly wordDeviation: number;
}

/** By the name that `--config` takes. */
export const PRETRAIN_CONFIGS: Readonly<Record<string, PretrainConfig>> = {
  tiny: {
    vocab: 8192,
    layers: 4,
    hidden: 256,
    heads: 4,
    ffn: 1024,
    positions: 256,
    tokenTypes: 2,
    epsilon: 1e-12,
    rowTokens: [64, 32],
    batchRows: 64,
    maskedShare: 0.15,
    tokens: 6_100_000,
    learningRate: 7e-4,
    warmupRatio: 0.06,
    betas: [0.9, 0.98],
    weightDecay: 0.01,
    clipNorm: 1,
    window: 5,
    wordDeviation: 0.02,
  },
};
