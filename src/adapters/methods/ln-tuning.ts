import { TARGET_KEYS } from '../peft-format.js';
import { tuner } from '../peft-tuner.js';
import { expectShape } from '../weights.js';

/**
 * Layer-norm tuning: gain and bias of layer norms, trained copies in the place of the base's.
 *
 * Zhao et al. 2023, "Tuning LayerNorm in Attention: Towards Efficient Multi-Modal LLM Finetuning", arXiv:2312.11420.
 */
export const lnTuning = tuner<'gain' | 'bias'>({
  name: 'ln_tuning',
  type: 'LN_TUNING',
  keys: {
    target_modules: TARGET_KEYS.target_modules!,
    exclude_modules: TARGET_KEYS.exclude_modules!,
    modules_to_save: TARGET_KEYS.modules_to_save!,
  },
  params: { gain: 'ln_tuning_layers.weight', bias: 'ln_tuning_layers.bias' },
  kinds: ['norm'],
  ranks: () => [],
  update(layer) {
    const [gain, bias] = [layer.require('gain'), layer.require('bias')];
    expectShape(`${layer.path}.ln_tuning_layers.weight`, gain, [layer.out]);
    expectShape(`${layer.path}.ln_tuning_layers.bias`, bias, [layer.out]);
    return { norm: { gain: gain.data, bias: bias.data } };
  },
});
