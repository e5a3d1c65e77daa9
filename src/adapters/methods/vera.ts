import { IncompatibleAdapterError } from '../../common/errors.js';
import { integerKey } from '../config.js';
import { honoured, ignored, only, type KeyRules } from '../key-rules.js';
import { biasRule, PROMPT_PREFIX, TARGET_KEYS } from '../peft-format.js';
import { tuner } from '../peft-tuner.js';
import { expectShape, type FloatTensor, type Weights } from '../weights.js';

const SHARED = ['vera_A', 'vera_B'] as const;

const KEYS: KeyRules = {
  ...TARGET_KEYS,
  ...biasRule('vera_only'),
  r: honoured,
  save_projection: only(
    'the shared projections are drawn by PyTorch’s random generator unless they are in the file',
    true,
  ),
  projection_prng_key: ignored('the projections are read from the file'),
  vera_dropout: ignored('dropout is off in inference'),
  d_initial: ignored('used only when the vectors are initialised'),
  init_weights: ignored('used only when the vectors are initialised'),
};

type Field = 'd' | 'b';

function projection(shared: Weights, name: (typeof SHARED)[number]): FloatTensor {
  const found = shared.get(name);
  if (found) return found;
  const rule = `${PROMPT_PREFIX}${name}: must be in the file (it would have to be drawn by PyTorch’s random generator), got nothing`;
  throw new IncompatibleAdapterError(rule, { param: name });
}

/**
 * Vector-based random matrix adaptation: y = W·x + b + λ_b ⊙ (B·(λ_d ⊙ (A·x))), with A and B shared by all layers and cut
 * to each layer's widths.
 *
 * λ_d [r], λ_b [out], A [r, ≥ in], B [≥ out, r]. Kopiczko et al. 2023, "VeRA: Vector-based Random Matrix Adaptation",
 * arXiv:2310.11454.
 */
export const vera = tuner<Field>({
  name: 'vera',
  type: 'VERA',
  keys: KEYS,
  params: { d: 'vera_lambda_d', b: 'vera_lambda_b' },
  shared: SHARED,
  kinds: ['site', 'head'],
  ranks: ({ config }) => [integerKey(config, 'r', 1, 256)],
  check({ config, shared }) {
    const rank = integerKey(config, 'r', 1, 256);
    const [a, b] = [projection(shared, 'vera_A'), projection(shared, 'vera_B')];
    expectShape('vera_A', a, [rank, a.shape[1] ?? 0]);
    expectShape('vera_B', b, [b.shape[0] ?? 0, rank]);
  },
  update(layer) {
    const rank = integerKey(layer.config, 'r', 1, 256);
    const [d, b] = [layer.require('d'), layer.require('b')];
    expectShape(`${layer.path}.vera_lambda_d`, d, [rank]);
    expectShape(`${layer.path}.vera_lambda_b`, b, [layer.out]);
    const shared = { a: projection(layer.shared, 'vera_A'), b: projection(layer.shared, 'vera_B') };
    const width = shared.a.shape[1]!;
    if (width < layer.in || shared.b.shape[0]! < layer.out) {
      const rule = `${layer.path}: the shared projections must reach ${layer.in} to ${layer.out}, got ${width} to ${shared.b.shape[0]!}`;
      throw new IncompatibleAdapterError(rule, { param: layer.path });
    }
    const low = new Float32Array(rank * layer.in);
    for (let row = 0; row < rank; row++) {
      for (let at = 0; at < layer.in; at++) low[row * layer.in + at] = d.data[row]! * shared.a.data[row * width + at]!;
    }
    const up = shared.b.data.slice(0, layer.out * rank).map((value, at) => value * b.data[Math.floor(at / rank)]!);
    return { lowRank: { rank, a: low, b: up } };
  },
});
