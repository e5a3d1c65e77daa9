import { IncompatibleAdapterError } from '../../common/errors.js';
import { patternKey } from '../config.js';
import { honoured, ignored, type KeyRules } from '../key-rules.js';
import { matchAll } from '../pattern.js';
import { TARGET_KEYS } from '../peft-format.js';
import { tuner, type TunerLayer } from '../peft-tuner.js';
import { expectShape } from '../weights.js';

const KEYS: KeyRules = {
  target_modules: TARGET_KEYS.target_modules!,
  exclude_modules: TARGET_KEYS.exclude_modules!,
  modules_to_save: TARGET_KEYS.modules_to_save!,
  fan_in_fan_out: TARGET_KEYS.fan_in_fan_out!,
  feedforward_modules: honoured,
  init_ia3_weights: ignored('used only when the vectors are initialised'),
};

type Field = 'l';

/** PEFT scales the input of a module whose path ends with one of `feedforward_modules`, dots or not. */
function scalesInput({ config, path }: TunerLayer<Field>): boolean {
  const names = patternKey(config, 'feedforward_modules', []);
  if (typeof names === 'string') return matchAll(names, [path], 'feedforward_modules')[0]!;
  return names.some((name) => path.endsWith(name));
}

/**
 * (IA)³: y = l ⊙ (W·x + b), or W·(l ⊙ x) + b on feed-forward modules.
 *
 * l is stored [out, 1], or [1, in]. Liu et al. 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper
 * than In-Context Learning", arXiv:2205.05638, §3.3.
 */
export const ia3 = tuner<Field>({
  name: 'ia3',
  type: 'IA3',
  keys: KEYS,
  params: { l: 'ia3_l' },
  kinds: ['site', 'head'],
  ranks: () => [],
  update(layer) {
    const l = layer.require('l');
    if (scalesInput(layer)) {
      expectShape(`${layer.path}.ia3_l`, l, [1, layer.in]);
      return { inputScale: l.data };
    }
    if (l.shape[0] === 1 && layer.out !== 1) {
      const rule = `${layer.path}: must be among feedforward_modules where ia3_l is a row, got [${l.shape.join(', ')}]`;
      throw new IncompatibleAdapterError(rule, { param: 'feedforward_modules' });
    }
    expectShape(`${layer.path}.ia3_l`, l, [layer.out, 1]);
    return { outputScale: l.data, scalesBias: true };
  },
});
