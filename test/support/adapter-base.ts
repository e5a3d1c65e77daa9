import { sizeOf, tensor, type Tensor } from '../../src/engine/tensor.js';
import type { AdapterBase } from '../../src/adapters/adapter-base.js';
import { requireFamily } from '../../src/models/families.js';
import type { Dense } from '../../src/models/heads.js';
import { SeededRandom } from './seeded-random.js';
import { tinyTrunk, type TinyModelType } from './tiny-model.js';

export interface AdapterBaseOptions {
  readonly modelType?: TinyModelType;
  /** Heads that the base has; default all. */
  readonly heads?: readonly ('sequence' | 'token' | 'masked_lm')[];
  readonly labels?: number;
  readonly layers?: number;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A tiny base with random weights to resolve adapters on: trunk, heads and, for BERT, pooler. */
export function adapterBase(options: AdapterBaseOptions = {}): AdapterBase {
  const { modelType = 'bert', heads = ['sequence', 'token', 'masked_lm'], labels = 3, ...rest } = options;
  const trunk = tinyTrunk({ modelType, ...rest });
  const random = new SeededRandom(7);
  const { hidden, embedding, vocab } = trunk.config;
  const dense = (out: number, inWidth: number): Dense => ({
    weight: randomTensor(random, [out, inWidth]),
    bias: randomTensor(random, [out]),
  });
  const layout = requireFamily(modelType).headLayout(trunk.config);
  const { epsilon } = layout.maskedLm;
  const first = dense(hidden, hidden);
  const has = (name: (typeof heads)[number]): boolean => heads.includes(name);
  return {
    ...trunk,
    heads: {
      ...(has('sequence') && {
        sequence: {
          kind: 'sequence',
          dense: first,
          activation: layout.sequence.activation,
          out: dense(labels, hidden),
        },
      }),
      ...(has('token') && { token: { kind: 'token', out: dense(labels, hidden) } }),
      ...(has('masked_lm') && {
        maskedLm: {
          kind: 'masked_lm',
          dense: dense(embedding, hidden),
          activation: layout.maskedLm.activation,
          norm: { gain: randomTensor(random, [embedding]), bias: randomTensor(random, [embedding]), epsilon },
          decoder: dense(vocab, embedding),
        },
      }),
    },
    ...(modelType === 'bert' && { pooler: { dense: first, activation: 'tanh' } }),
    ...(has('sequence') && {
      labels: { labels: Array.from({ length: labels }, (_none, at) => `base-${at}`), problem: 'single' },
    }),
  };
}

export function randomTensor(random: SeededRandom, shape: readonly number[]): Tensor<'float32'> {
  return tensor('float32', shape, random.floats(sizeOf(shape), -0.5, 0.5));
}
