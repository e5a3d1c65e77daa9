import type { Tensor } from '../engine/tensor.js';
import type { EncoderConfig } from './encoder-config.js';
import type { Family } from './family.js';
import type { Dense, Activation, HeadLabels, MaskedLmHead, SequenceHead, TokenHead } from './heads.js';
import type { SiteTable } from './sites.js';
import type { Tokenizer } from './tokenizers/tokenizer.js';

/** The frozen trunk: what the encoder graph needs. */
export interface Trunk {
  readonly config: EncoderConfig;
  readonly sites: SiteTable;
  /**
   * By canonical name: the Hugging Face name without the head model's prefix (`bert.`, `roberta.`, …), for instance
   * `encoder.layer.0.attention.self.query.weight`. Holds the trunk and, where the file has it, `pooler.dense`.
   */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
  /** Weights held in int8 instead, by the same names; see quantize.ts. */
  readonly int8Weights?: ReadonlyMap<string, Int8Weight>;
}

/** A linear layer's weight W[o, i] ≈ values[i, o] · scale[o]. */
export interface Int8Weight {
  readonly values: Tensor<'int8'>; // [in, out]
  readonly scale: Tensor<'float32'>; // [out]
}

/** The first dense layer of BERT's sequence head, which belongs to the bare model there. */
export interface Pooler {
  readonly dense: Dense;
  readonly activation: Activation;
}

export interface BaseHeads {
  readonly sequence?: SequenceHead;
  readonly token?: TokenHead;
  readonly maskedLm?: MaskedLmHead;
}

/** A base model as loaded from a Hugging Face directory. */
export interface BaseModel extends Trunk {
  readonly family: Family;
  readonly heads: BaseHeads;
  readonly pooler?: Pooler;
  /** What the outputs of the sequence or token head mean. */
  readonly labels?: HeadLabels;
  readonly tokenizer: Tokenizer;
  /** `sha256:` and 64 hex digits over names and bytes of config, tokenizer and weight files. */
  readonly digest: string;
  /** Numbers in the trunk and heads, a tied decoder counted once. */
  readonly parameters: number;
  /** Canonical names of tensors that nothing of ours uses, e.g. `cls.seq_relationship.weight`. */
  readonly unused: readonly string[];
}
