import { tensor, type Tensor } from '../../engine/tensor.js';
import { BERT_LAYER } from '../../models/bert-layout.js';
import { Random } from '../../common/random.js';
import { inverseOfCholesky } from './cholesky.js';
import type { PretrainConfig } from './sizes.js';

/** BERT's own; every weight that has no better start is drawn with it. */
const DEVIATION = 0.02;

type Tensors = Map<string, Tensor<'float32'>>;

/**
 * The tensors of a BERT with masked-LM head to start from, by canonical name: weights normal with deviation 0.02, biases 0,
 * norms 1 and 0, word embeddings as given. The output bias is the logarithm of each token's share of the corpus, so that
 * the model begins by guessing by frequency. The pooler is 0.5 × a random orthogonal matrix; nothing trains it.
 *
 * Devlin et al. 2019, "BERT", arXiv:1810.04805; its published code for the deviation.
 *
 * @param words   [vocab, hidden]
 * @param shares  of each token, [vocab]; tokens never seen count as a hundredth of the rarest that was
 */
export function initialTensors(
  config: PretrainConfig,
  { words, shares, seed }: { words: Tensor<'float32'>; shares: Float64Array; seed: number },
): Tensors {
  const { hidden, ffn } = config;
  const tensors: Tensors = new Map([['embeddings.word_embeddings.weight', words]]);
  const normal = (name: string, ...shape: [number, number]) => {
    const data = Random.stream(seed, 'initial', name).normals(shape[0] * shape[1], DEVIATION);
    tensors.set(name, tensor('float32', shape, data));
  };
  const constant = (name: string, size: number, value: number) => {
    tensors.set(name, tensor('float32', [size], new Float32Array(size).fill(value)));
  };
  const dense = (module: string, outWidth: number, inWidth: number) => {
    normal(`${module}.weight`, outWidth, inWidth);
    constant(`${module}.bias`, outWidth, 0);
  };
  const norm = (module: string) => {
    constant(`${module}.weight`, hidden, 1);
    constant(`${module}.bias`, hidden, 0);
  };
  normal('embeddings.position_embeddings.weight', config.positions, hidden);
  normal('embeddings.token_type_embeddings.weight', config.tokenTypes, hidden);
  norm('embeddings.LayerNorm');
  for (let layer = 0; layer < config.layers; layer++) {
    const module = (name: keyof typeof BERT_LAYER) => BERT_LAYER[name].replace('{}', String(layer));
    for (const name of ['query', 'key', 'value', 'attention_output'] as const) dense(module(name), hidden, hidden);
    dense(module('ffn_up'), ffn, hidden);
    dense(module('ffn_down'), hidden, ffn);
    norm(module('attentionNorm'));
    norm(module('ffnNorm'));
  }
  tensors.set('pooler.dense.weight', halfOrthogonal(hidden, seed));
  constant('pooler.dense.bias', hidden, 0);
  dense('cls.predictions.transform.dense', hidden, hidden);
  norm('cls.predictions.transform.LayerNorm');
  tensors.set('cls.predictions.bias', logShares(shares));
  return tensors;
}

function logShares(shares: Float64Array): Tensor<'float32'> {
  const least = shares.reduce((smallest, share) => (share > 0 ? Math.min(smallest, share) : smallest), 1) / 100;
  return tensor(
    'float32',
    [shares.length],
    Float32Array.from(shares, (share) => Math.log(Math.max(share, least))),
  );
}

/** ½ · Q for the orthogonal factor Q of a normal matrix. */
function halfOrthogonal(n: number, seed: number): Tensor<'float32'> {
  let basis = Float64Array.from(Random.stream(seed, 'pooler').normals(n * n, 1));
  for (let round = 0; round < 3; round++) {
    const inverse = inverseOfCholesky(product(basis, basis, n, true), n);
    basis = product(basis, inverse, n, false);
  }
  return tensor(
    'float32',
    [n, n],
    Float32Array.from(basis, (x) => x / 2),
  );
}

/** a · b, or aᵀ · b. */
function product(a: Float64Array, b: Float64Array, n: number, transposed: boolean): Float64Array<ArrayBuffer> {
  const y = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = transposed ? a[k * n + i]! : a[i * n + k]!;
      for (let j = 0; j < n; j++) y[i * n + j]! += factor * b[k * n + j]!;
    }
  }
  return y;
}
