import type { Tensor } from '../engine/tensor.js';

export type Activation = 'gelu' | 'gelu_new' | 'relu' | 'silu' | 'tanh' | 'sigmoid' | 'leaky_relu' | 'relu6' | 'identity';

/** W [out, in] and b [out]; a bias that the checkpoint lacks is zero. */
export interface Dense {
  readonly weight: Tensor<'float32'>;
  readonly bias: Tensor<'float32'>;
}

/**
 * out(act(dense(x₀))) on the first position (index 0 of the row, virtual tokens included, as PEFT does it).
 * BERT: dense = pooler, tanh. RoBERTa, XLM-R, MPNet: classifier.dense, tanh. DistilBERT: pre_classifier, relu.
 * ELECTRA: classifier.dense, gelu.
 */
export interface SequenceHead {
  readonly kind: 'sequence';
  readonly dense: Dense;
  readonly activation: Activation;
  readonly out: Dense;
}

/** out(x) at every position. */
export interface TokenHead {
  readonly kind: 'token';
  readonly out: Dense;
}

/** decoder(LN(act(dense(x)))) at every asked position; decoder.weight [vocab, embedding] is tied where the file lacks it. */
export interface MaskedLmHead {
  readonly kind: 'masked_lm';
  readonly dense: Dense;
  readonly activation: Activation;
  readonly norm: { readonly gain: Tensor<'float32'>; readonly bias: Tensor<'float32'>; readonly epsilon: number };
  readonly decoder: Dense;
}

export type Head = SequenceHead | TokenHead | MaskedLmHead;

/** What the numbers of a head mean. */
export interface HeadLabels {
  /** One name for each output. */
  readonly labels: readonly string[];
  /** `single`: softmax over labels; `multi`: a sigmoid for each label; `regression`: the raw number. */
  readonly problem: 'single' | 'multi' | 'regression';
}
