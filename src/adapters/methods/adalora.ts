import { IncompatibleAdapterError } from '../../common/errors.js';
import { integerKey, isConfig, numberKey, show } from '../config.js';
import { honoured, ignored, off, type KeyRules } from '../key-rules.js';
import { tuner, type TunerLayer } from '../peft-tuner.js';
import { expectShape } from '../weights.js';
import { LORA_KEYS } from './lora.js';

const schedule = ignored('part of the rank schedule of training');
const unused = ignored('AdaLoRA does not read it');

const KEYS: KeyRules = {
  ...LORA_KEYS,
  init_r: honoured,
  r: ignored('AdaLoRA starts from init_r'),
  target_r: schedule,
  tinit: schedule,
  tfinal: schedule,
  deltaT: schedule,
  beta1: schedule,
  beta2: schedule,
  total_step: schedule,
  orth_reg_weight: schedule,
  use_dora: off('AdaLoRA has no DoRA'),
  use_rslora: unused,
  alpha_pattern: unused,
  lora_bias: unused,
};

type Field = 'a' | 'b' | 'e';

/** The rank that training left: the kept entries of `rank_pattern`, else `init_r`. */
function rankOf({ config, path }: TunerLayer<Field>, initial: number): number {
  const pattern = config.get('rank_pattern');
  const kept = isConfig(pattern) ? (pattern.get(`${path}.lora_E`) ?? pattern.get(`model.${path}.lora_E`)) : undefined;
  if (kept === undefined) return initial;
  if (Array.isArray(kept)) return kept.filter((flag) => flag === true).length;
  throw new IncompatibleAdapterError(`rank_pattern: must hold lists of true and false, got ${show(kept)}`, {
    param: 'rank_pattern',
  });
}

/**
 * Adaptive budget allocation: y = W·x + α / (init_r + 10⁻⁵) · B·diag(E)·A·x. Ranks that training dropped are not in the
 * file; the divisor stays that of the start.
 *
 * A [r, in], E [r, 1], B [out, r]. Zhang et al. 2023, "Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning",
 * arXiv:2303.10512; the constant is PEFT's.
 */
export const adalora = tuner<Field>({
  name: 'adalora',
  type: 'ADALORA',
  keys: KEYS,
  params: { a: 'lora_A', b: 'lora_B', e: 'lora_E' },
  kinds: ['site', 'head'],
  ranks: ({ layers }) => [...layers.values()].map(({ a }) => a?.shape[0] ?? 0),
  update(layer) {
    const [a, b, e] = [layer.require('a'), layer.require('b'), layer.require('e')];
    const initial = integerKey(layer.config, 'init_r', 1, 12);
    const rank = rankOf(layer, initial);
    expectShape(`${layer.path}.lora_A`, a, [rank, layer.in]);
    expectShape(`${layer.path}.lora_B`, b, [layer.out, rank]);
    expectShape(`${layer.path}.lora_E`, e, [rank, 1]);
    const alpha = numberKey(layer.config, 'lora_alpha', 8);
    const scale = (alpha > 0 ? alpha : rank) / (initial + 1e-5);
    return { lowRank: { rank, a: a.data, b: b.data.map((value, at) => value * scale * e.data[at % rank]!) } };
  },
});
