import { ignored } from '../key-rules.js';
import { TARGET_KEYS } from '../peft-format.js';
import { tuner } from '../peft-tuner.js';
import { expectSize } from '../weights.js';

/** Bias-efficient fine-tuning as PEFT's BEFT has it: y = W·x + b + β, β stored [1, out]. */
export const beft = tuner<'bias'>({
  name: 'beft',
  type: 'BEFT',
  keys: {
    target_modules: TARGET_KEYS.target_modules!,
    modules_to_save: TARGET_KEYS.modules_to_save!,
    init_weights: ignored('used only when the bias is initialised'),
  },
  params: { bias: 'beft_bias' },
  kinds: ['site', 'head'],
  ranks: () => [],
  update: (layer) => ({ biasDelta: expectSize(`${layer.path}.beft_bias`, layer.require('bias'), layer.out) }),
});
