import { IncompatibleAdapterError } from '../../common/errors.js';
import { numberKey, show } from '../config.js';
import { honoured, ignored, type KeyRules } from '../key-rules.js';
import { multiply, wholeRank } from '../pages.js';
import { TARGET_KEYS } from '../peft-format.js';
import { tuner, type TunerLayer } from '../peft-tuner.js';
import { expectShape } from '../weights.js';

const dropout = ignored('dropout is off in inference');

const KEYS: KeyRules = {
  ...TARGET_KEYS,
  r: honoured,
  alpha: honoured,
  rank_pattern: honoured,
  alpha_pattern: honoured,
  rank_dropout: dropout,
  module_dropout: dropout,
  use_effective_conv2d: ignored('an encoder has no convolutions'),
  init_weights: ignored('used only when the factors are initialised'),
};

type Field = 'w1a' | 'w1b' | 'w2a' | 'w2b';

function setting({ config, patterns, path }: TunerLayer<Field>, pattern: string, key: string): number {
  const value = patterns.value(pattern, path) ?? numberKey(config, key, 8);
  if (typeof value === 'number' && value > 0) return value;
  throw new IncompatibleAdapterError(`${key}: must be above 0, got ${show(value)}`, { param: key });
}

/**
 * Low-rank Hadamard product: ΔW = α/r · (W₁ₐ·W₁ᵦ) ⊙ (W₂ₐ·W₂ᵦ), which has rank r²: row (i, j) of A is W₁ᵦ[i] ⊙ W₂ᵦ[j] and
 * column (i, j) of B is α/r · W₁ₐ[:, i] ⊙ W₂ₐ[:, j]. Where r² is above the layer’s width, ΔW itself is kept.
 *
 * Wₐ [out, r], Wᵦ [r, in]. Hyeon-Woo et al. 2021, "FedPara: Low-Rank Hadamard Product for Communication-Efficient
 * Federated Learning", arXiv:2108.06098, proposition 1.
 */
export const loha = tuner<Field>({
  name: 'loha',
  type: 'LOHA',
  keys: KEYS,
  params: { w1a: 'hada_w1_a', w1b: 'hada_w1_b', w2a: 'hada_w2_a', w2b: 'hada_w2_b' },
  kinds: ['site', 'head'],
  ranks: ({ layers }) => [...layers.values()].map(({ w1b }) => (w1b?.shape[0] ?? 0) ** 2),
  update(layer) {
    const r = setting(layer, 'rank_pattern', 'r');
    const scale = setting(layer, 'alpha_pattern', 'alpha') / r;
    const [w1a, w1b, w2a, w2b] = [
      layer.require('w1a'),
      layer.require('w1b'),
      layer.require('w2a'),
      layer.require('w2b'),
    ];
    for (const [name, factor] of [
      ['w1', w1a],
      ['w2', w2a],
    ] as const)
      expectShape(`${layer.path}.hada_${name}_a`, factor, [layer.out, r]);
    for (const [name, factor] of [
      ['w1', w1b],
      ['w2', w2b],
    ] as const)
      expectShape(`${layer.path}.hada_${name}_b`, factor, [r, layer.in]);
    const rank = r * r;
    if (rank > Math.min(layer.in, layer.out)) {
      const first = multiply(w1a.data, w1b.data, layer.out, r, layer.in);
      const second = multiply(w2a.data, w2b.data, layer.out, r, layer.in);
      const delta = first.map((value, at) => scale * value * second[at]!);
      return { lowRank: wholeRank(delta, layer.in, layer.out) };
    }
    const a = new Float32Array(rank * layer.in);
    const b = new Float32Array(layer.out * rank);
    for (let pair = 0; pair < rank; pair++) {
      const [i, j] = [Math.floor(pair / r), pair % r];
      for (let at = 0; at < layer.in; at++) {
        a[pair * layer.in + at] = w1b.data[i * layer.in + at]! * w2b.data[j * layer.in + at]!;
      }
      for (let out = 0; out < layer.out; out++) {
        b[out * rank + pair] = scale * w1a.data[out * r + i]! * w2a.data[out * r + j]!;
      }
    }
    return { lowRank: { rank, a, b } };
  },
});
