import { tensor } from '../../src/engine/tensor.js';
import type { MaskedLmHead, SequenceHead, TokenHead } from '../../src/models/heads.js';
import type { HostedBase } from '../../src/runtime/engine-host.js';
import { SeededRandom } from './seeded-random.js';
import { tinyTrunk, type TinyModelType } from './tiny-model.js';

export interface RandomBaseOptions {
  readonly modelType?: TinyModelType;
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly ffn?: number;
  readonly vocab?: number;
  readonly positions?: number;
}

const BASE_LABELS = 3;

/** A base with random weights and a head for every task, as a runtime needs it; no files and no tokenizer. */
export function randomBase(options: RandomBaseOptions = {}): HostedBase {
  const { modelType = 'bert', hidden = 16, vocab = 40, positions = 48, ...sizes } = options;
  const config = { vocab_size: vocab };
  const trunk = tinyTrunk({ modelType, hidden, positions, heads: 2, ffn: 32, ...sizes, config });
  const random = new SeededRandom(2);
  return {
    ...trunk,
    heads: {
      sequence: randomSequenceHead(random, hidden, BASE_LABELS),
      token: randomTokenHead(random, hidden, BASE_LABELS),
      maskedLm: randomMaskedLmHead(random, hidden, vocab),
    },
    digest: 'sha256:test',
    parameters: [...trunk.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
  };
}

export function randomSequenceHead(random: SeededRandom, hidden: number, labels: number): SequenceHead {
  const dense = randomDense(random, hidden, hidden);
  return { kind: 'sequence', dense, activation: 'tanh', out: randomDense(random, hidden, labels) };
}

function randomTokenHead(random: SeededRandom, hidden: number, labels: number): TokenHead {
  return { kind: 'token', out: randomDense(random, hidden, labels) };
}

function randomMaskedLmHead(random: SeededRandom, hidden: number, vocab: number): MaskedLmHead {
  const gain = tensor('float32', [hidden], random.floats(hidden, 0.9, 1.1));
  const bias = tensor('float32', [hidden], random.floats(hidden, -0.1, 0.1));
  const dense = randomDense(random, hidden, hidden);
  const decoder = randomDense(random, hidden, vocab);
  return { kind: 'masked_lm', dense, activation: 'gelu', norm: { gain, bias, epsilon: 1e-12 }, decoder };
}

function randomDense(random: SeededRandom, from: number, to: number) {
  const scale = 1.5 / Math.sqrt(from);
  return {
    weight: tensor('float32', [to, from], random.floats(to * from, -scale, scale)),
    bias: tensor('float32', [to], random.floats(to, -0.1, 0.1)),
  };
}
