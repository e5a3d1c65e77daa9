import { sizeOf, tensor, type Tensor } from '../../src/engine/tensor.js';
import { requireFamily } from '../../src/models/families.js';
import type { SequenceHead, TokenHead } from '../../src/models/heads.js';
import { trunkShapes } from '../../src/models/trunk-tensors.js';
import type { HostedBase } from '../../src/runtime/engine-host.js';
import { SeededRandom } from './seeded-random.js';

export interface RandomBaseOptions {
  readonly modelType?: 'bert' | 'roberta' | 'distilbert' | 'electra' | 'mpnet';
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly ffn?: number;
  readonly vocab?: number;
  readonly positions?: number;
  readonly seed?: number;
}

const BASE_LABELS = 3;

/** A base model with random weights, gains near one, and heads for sequences and tokens. */
export function randomBase(options: RandomBaseOptions = {}): HostedBase {
  const { modelType = 'bert', layers = 2, hidden = 16, heads = 2, ffn = 32, vocab = 40, positions = 48 } = options;
  const random = new SeededRandom(options.seed ?? 1);
  const family = requireFamily(modelType);
  const config = family.parseConfig(
    modelType === 'distilbert'
      ? {
          model_type: modelType,
          vocab_size: vocab,
          dim: hidden,
          n_layers: layers,
          n_heads: heads,
          hidden_dim: ffn,
          max_position_embeddings: positions,
          activation: 'gelu',
        }
      : {
          model_type: modelType,
          vocab_size: vocab,
          hidden_size: hidden,
          num_hidden_layers: layers,
          num_attention_heads: heads,
          intermediate_size: ffn,
          max_position_embeddings: positions,
          type_vocab_size: 2,
          hidden_act: 'gelu',
          layer_norm_eps: 1e-12,
          pad_token_id: modelType === 'bert' || modelType === 'electra' ? 0 : 1,
          ...(modelType === 'electra' && { embedding_size: hidden }),
          ...(modelType === 'mpnet' && { relative_attention_num_buckets: 8 }),
        },
  );
  const weights = new Map<string, Tensor<'float32'>>();
  for (const [name, shape] of trunkShapes(family, config)) {
    const isGain = /norm.*weight$/i.test(name);
    const scale = shape.length > 1 ? 1.5 / Math.sqrt(shape.at(-1) ?? 1) : 0.1;
    const data = random.floats(sizeOf(shape), isGain ? 0.9 : -scale, isGain ? 1.1 : scale);
    weights.set(name, tensor('float32', shape, data));
  }
  return {
    config,
    sites: family.sites(config),
    weights,
    heads: {
      sequence: randomSequenceHead(random, hidden, BASE_LABELS),
      token: randomTokenHead(random, hidden, BASE_LABELS),
    },
    digest: 'sha256:test',
    parameters: [...weights.values()].reduce((sum, { data }) => sum + data.length, 0),
  };
}

export function randomSequenceHead(random: SeededRandom, hidden: number, labels: number): SequenceHead {
  const dense = randomDense(random, hidden, hidden);
  return { kind: 'sequence', dense, activation: 'tanh', out: randomDense(random, hidden, labels) };
}

export function randomTokenHead(random: SeededRandom, hidden: number, labels: number): TokenHead {
  return { kind: 'token', out: randomDense(random, hidden, labels) };
}

function randomDense(random: SeededRandom, from: number, to: number) {
  const scale = 1.5 / Math.sqrt(from);
  return {
    weight: tensor('float32', [to, from], random.floats(to * from, -scale, scale)),
    bias: tensor('float32', [to], random.floats(to, -0.1, 0.1)),
  };
}
