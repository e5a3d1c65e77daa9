import { ModelError } from '../common/errors.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import type { BaseHeads, Pooler } from './base-model.js';
import type { EncoderConfig } from './encoder-config.js';
import type { HeadLayout } from './head-layout.js';
import type { Dense, MaskedLmHead, SequenceHead, TokenHead } from './heads.js';
import { requireTensor } from './trunk-tensors.js';

/** Head tensors by module path, e.g. `classifier.out_proj.weight`. */
export type HeadTensors = ReadonlyMap<string, Tensor<'float32'>>;

/**
 * The heads that a base model's files hold. Where a sequence and a token head have the same names (BERT's `classifier`),
 * `architectures` of config.json decides, and without it the presence of the sequence head's dense layer.
 *
 * @throws ModelError  for a head of which a tensor is missing or misshapen
 */
export function readBaseHeads(
  layout: HeadLayout,
  config: EncoderConfig,
  tensors: HeadTensors,
  { architectures, ...decoding }: { architectures: readonly string[] } & TiedDecoder,
): BaseHeads & { pooler?: Pooler } {
  const pooler = readPooler(layout, config, tensors);
  const claims = (task: string) => architectures.some((name) => name.endsWith(`For${task}`));
  const has = (module: string) => tensors.has(`${module}.weight`);
  const hasMaskedLm = claims('MaskedLM') || has(layout.maskedLm.dense);
  return {
    ...(pooler && { pooler }),
    ...(hasMaskedLm && { maskedLm: readMaskedLmHead(layout, config, tensors, decoding) }),
    ...readClassifier(),
  };

  function readClassifier(): BaseHeads {
    const sequence = () => ({ sequence: readSequenceHead(layout, config, tensors) });
    const token = () => ({ token: readTokenHead(layout, config, tensors) });
    if (claims('SequenceClassification')) return sequence();
    if (claims('TokenClassification')) return token();
    if (architectures.some((name) => name.includes('For'))) return {}; // its `classifier` may be for something else
    if (has(layout.sequence.dense) && has(layout.sequence.out)) return sequence();
    return has(layout.token.out) ? token() : {};
  }
}

/** What a masked-LM head needs beside its own tensors. */
export interface TiedDecoder {
  /** The decoder is the word embedding table where the files have no decoder of their own. */
  readonly isTied: boolean;
  readonly words: Tensor<'float32'>;
}

/** @throws ModelError  naming the tensor that is missing or misshapen */
export function readSequenceHead(layout: HeadLayout, { hidden }: EncoderConfig, tensors: HeadTensors): SequenceHead {
  const { dense, activation, out } = layout.sequence;
  return {
    kind: 'sequence',
    dense: readDense(tensors, dense, [hidden, hidden]),
    activation,
    out: readDense(tensors, out, [rowsOf(tensors, out), hidden]),
  };
}

/** @throws ModelError  naming the tensor that is missing or misshapen */
export function readTokenHead(layout: HeadLayout, { hidden }: EncoderConfig, tensors: HeadTensors): TokenHead {
  const { out } = layout.token;
  return { kind: 'token', out: readDense(tensors, out, [rowsOf(tensors, out), hidden]) };
}

/** @throws ModelError  naming the tensor that is missing or misshapen */
export function readMaskedLmHead(
  layout: HeadLayout,
  { hidden, embedding, vocab }: EncoderConfig,
  tensors: HeadTensors,
  { isTied, words }: TiedDecoder,
): MaskedLmHead {
  const { dense, activation, norm, epsilon, decoder, decoderBias } = layout.maskedLm;
  const own = tensors.has(`${decoder}.weight`);
  if (!own && !isTied) {
    throw new ModelError(`weights: ${decoder}.weight: expected this tensor since tie_word_embeddings is false, got none`);
  }
  const biasName = tensors.has(decoderBias) ? decoderBias : `${decoder}.bias`;
  return {
    kind: 'masked_lm',
    dense: readDense(tensors, dense, [embedding, hidden]),
    activation,
    norm: {
      gain: requireTensor(tensors, `${norm}.weight`, [embedding]),
      bias: requireTensor(tensors, `${norm}.bias`, [embedding]),
      epsilon,
    },
    decoder: {
      weight: own ? requireTensor(tensors, `${decoder}.weight`, [vocab, embedding]) : words,
      bias: tensors.has(biasName) ? requireTensor(tensors, biasName, [vocab]) : zeros(vocab),
    },
  };
}

function readPooler(layout: HeadLayout, { hidden }: EncoderConfig, tensors: HeadTensors): Pooler | undefined {
  if (!layout.pooler || !tensors.has(`${layout.pooler.dense}.weight`)) return undefined;
  return { dense: readDense(tensors, layout.pooler.dense, [hidden, hidden]), activation: layout.pooler.activation };
}

function readDense(tensors: HeadTensors, module: string, shape: readonly [number, number]): Dense {
  const [out] = shape;
  const bias = `${module}.bias`;
  return {
    weight: requireTensor(tensors, `${module}.weight`, shape),
    bias: tensors.has(bias) ? requireTensor(tensors, bias, [out]) : zeros(out),
  };
}

/** Labels of an output layer: the rows of its weight. */
function rowsOf(tensors: HeadTensors, module: string): number {
  return tensors.get(`${module}.weight`)?.shape[0] ?? 1;
}

function zeros(length: number): Tensor<'float32'> {
  return tensor('float32', [length], new Float32Array(length));
}
