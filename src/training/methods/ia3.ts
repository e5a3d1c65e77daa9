import type { TunerCheckpoint } from '../../adapters/peft-tuner.js';
import { peftFiles, TUNER_PREFIX } from '../../adapters/peft-format.js';
import { isNamed } from '../../adapters/targeting.js';
import { reshape } from '../../engine/ops/reshape.js';
import type { Value } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { Trainable } from '../trainable.js';
import { savedNames, startHead } from './head-start.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';
import { openPeft, peftConfig, trunkPrefix, writePeft } from './peft-files.js';
import { targetNames } from './target-names.js';
import { TunerParameters, wholeValues } from './tuner-parameters.js';

/**
 * (IA)³: trained scales of keys, values and of what enters the feed-forward block's second layer; they start at one, so that
 * the first step sees the base.
 *
 * Liu et al. 2022, arXiv:2205.05638, §3.3.
 */
export const ia3: TrainingMethod<'ia3'> = {
  start: (options, context) => ia3Trainable(startIa3(options, context), context),
  open: (files, _options, context) => ia3Trainable(files, context),
};

function ia3Trainable(files: ReadonlyMap<string, Uint8Array>, context: MethodContext): Trainable {
  const { checkpoint, tensors } = openPeft<TunerCheckpoint<'l'>>(files, 'IA3', context);
  const owners = new TunerParameters(context.base, checkpoint, tensors);
  const modules = [...checkpoint.layers.keys()].map((path) => {
    return { name: `${TUNER_PREFIX}${path}.ia3_l`, path, module: owners.requireModule(path) };
  });
  const whole = owners.whole();
  /** PEFT stores the scale of an input as a row, that of an output as a column. */
  const scalesInput = (name: string): boolean => tensors.get(name)?.shape[0] === 1;
  const flat = (value: Value): Value => reshape(value, [...value.shape.slice(0, -2), -1]);
  return {
    kind: 'adapter',
    parameters: [
      ...modules.map(({ name, path }) => owners.parameter(name, path)),
      ...whole.map(({ name, canonical }) => owners.parameter(name, canonical)),
    ],
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({
      modules: new Map(
        modules.map(({ name, module }) => {
          const scale = flat(values.get(name));
          return [module, scalesInput(name) ? { inputScale: scale } : { outputScale: scale, scalesBias: true }];
        }),
      ),
      whole: wholeValues(values, whole),
    }),
    files: (values) => writePeft(checkpoint.config, tensors, values),
  };
}

function startIa3(
  { targets }: Extract<MethodOptions, { name: 'ia3' }>,
  context: MethodContext,
): Map<string, Uint8Array> {
  const prefix = trunkPrefix(context);
  const { names, sites } = targetNames(context.base, prefix, targets);
  const isInput = (role: string): boolean => role === 'ffn_down';
  const weights = new Map<string, Tensor<'float32'>>();
  for (const { module, role, in: inWidth, out } of sites) {
    const [shape, size] = isInput(role) ? [[1, inWidth], inWidth] : [[out, 1], out];
    weights.set(`${TUNER_PREFIX}${prefix}${module}.ia3_l`, tensor('float32', shape, new Float32Array(size).fill(1)));
  }
  const head = startHead(context);
  for (const [path, held] of head) weights.set(TUNER_PREFIX + path, held);
  const config = peftConfig(context, {
    peft_type: 'IA3',
    target_modules: names,
    // PEFT wants them as they stand in target_modules.
    feedforward_modules: names.filter((name) =>
      sites.some(({ role, module }) => isInput(role) && isNamed(prefix + module, name)),
    ),
    modules_to_save: head.size > 0 ? savedNames(head) : null,
    fan_in_fan_out: false,
    init_ia3_weights: true,
  });
  return new Map(peftFiles(config, weights));
}
