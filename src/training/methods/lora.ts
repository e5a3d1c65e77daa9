import { IncompatibleAdapterError } from '../../common/errors.js';
import { booleanKey, type Config } from '../../adapters/config.js';
import { alphaOf, loraScale, type LoraField } from '../../adapters/methods/lora.js';
import { rowNorms } from '../../adapters/methods/dora.js';
import { Patterns } from '../../adapters/patterns.js';
import { peftFiles, TUNER_PREFIX } from '../../adapters/peft-format.js';
import type { TunerCheckpoint } from '../../adapters/peft-tuner.js';
import type { Weights } from '../../adapters/weights.js';
import { mul } from '../../engine/ops/mul.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { Site } from '../../models/sites.js';
import { swapLast, type ModuleValues } from '../graph/module-values.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Trainable } from '../trainable.js';
import { doraValues } from './dora-values.js';
import { savedNames, startHead } from './head-start.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { LoraOptions } from './options.js';
import { openPeft, peftConfig, trunkPrefix, writePeft } from './peft-files.js';
import { targetNames } from './target-names.js';
import { TunerParameters, wholeValues } from './tuner-parameters.js';

type Checkpoint = TunerCheckpoint<LoraField>;

const FIELDS: Readonly<Record<LoraField, string>> = {
  a: 'lora_A.weight',
  b: 'lora_B.weight',
  bias: 'lora_B.bias',
  magnitude: 'lora_magnitude_vector',
  embeddingA: 'lora_embedding_A',
  embeddingB: 'lora_embedding_B',
};

/**
 * LoRA: y = W·x + b + s·B·(A·x), s = α/r or α/√r; A starts uniform in ±1/√in (Kaiming with a = √5), B at zero, so the
 * first step sees the base. With `rateRatio` λ, B learns λ times as fast as A.
 *
 * Hu et al. 2021, arXiv:2106.09685; rsLoRA: Kalajdzievski 2023, arXiv:2312.03732; LoRA+: Hayou et al. 2024,
 * arXiv:2402.12354. Start as PEFT's `reset_lora_parameters`.
 */
export const lora: TrainingMethod<'lora'> = {
  start: (options, context) => loraTrainable(startLora(options, context), options, context),
  open: (files, options, context) => loraTrainable(files, options, context),
};

/** The factors that both LoRA and its kin are told. */
export type FactorOptions = Pick<LoraOptions, 'rateRatio'>;

/** A trainable out of the files of a LoRA adapter. */
export function loraTrainable(
  files: ReadonlyMap<string, Uint8Array>,
  { rateRatio }: FactorOptions,
  context: MethodContext,
  isTrained: (name: string) => boolean = () => true,
): Trainable {
  const { checkpoint, tensors } = openPeft<Checkpoint>(files, 'LORA', context);
  const { config, layers } = checkpoint;
  const owners = new TunerParameters(context.base, checkpoint, tensors);
  const modules = [...layers].map(([path, held]) => ({ path, held, module: owners.requireModule(path) }));
  const name = (path: string, field: LoraField): string => `${TUNER_PREFIX}${path}.${FIELDS[field]}`;
  const patterns = new Patterns(config, [...layers.keys()]);
  const whole = owners.whole();
  const parameters = [
    ...modules.flatMap(({ path, held }) =>
      (Object.keys(held) as LoraField[]).map((field) =>
        owners.parameter(name(path, field), path, field === 'b' || field === 'embeddingB' ? rateRatio : 1),
      ),
    ),
    ...whole.map((saved) => owners.parameter(saved.name, saved.canonical)),
  ];
  const scaleOf = (path: string, held: (typeof modules)[number]['held']): number =>
    loraScale(config, alphaOf({ patterns, config, path }), (held.a ?? held.embeddingA)?.shape[0] ?? 1);

  function valuesOf(values: ParameterValues, { path, held, module }: (typeof modules)[number]): ModuleValues {
    const scale = values.number(`scale:${path}`, 3);
    const factor = (field: LoraField) => values.get(name(path, field));
    if (held.embeddingA) {
      return { lowRank: { a: factor('embeddingA'), b: mul(swapLast(factor('embeddingB')), scale) } };
    }
    const [a, b] = [factor('a'), factor('b')];
    if (booleanKey(config, 'use_dora', false)) {
      const weight = values.graph.weight(...frozenWeight(context, module));
      return doraValues({ a, b, scale, magnitude: factor('magnitude'), weight });
    }
    const biasDelta = held.bias && mul(factor('bias'), values.number(`scale:${path}`, 2));
    return { lowRank: { a, b: mul(swapLast(b), scale) }, ...(biasDelta && { biasDelta }) };
  }

  return {
    kind: 'adapter',
    parameters: parameters.filter((parameter) => isTrained(parameter.name)),
    frozen: new Map(parameters.filter((each) => !isTrained(each.name)).map((each) => [each.name, each.initial])),
    numbers: new Map(modules.map(({ path, held }) => [`scale:${path}`, scaleOf(path, held)])),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({
      modules: new Map(modules.map((each) => [each.module, valuesOf(values, each)])),
      whole: wholeValues(values, whole),
    }),
    files: (values) => writePeft(config, tensors, values),
  };
}

/** The base's weight under a layer, of the trunk or of the head, and its name in a graph. */
function frozenWeight({ base }: MethodContext, module: string): [name: string, Tensor<'float32'>] {
  const found = base.weights.get(`${module}.weight`) ?? base.heads.sequence?.dense.weight;
  if (found) return [`${module}.weight`, found];
  throw new IncompatibleAdapterError(`${module}.weight: the base must have it, got nothing`, { param: module });
}

/** The files of a LoRA or DoRA adapter before its first step. */
export function startLora(
  options: Omit<LoraOptions, 'name'>,
  context: MethodContext,
  isDora = false,
): Map<string, Uint8Array> {
  const prefix = trunkPrefix(context);
  const { names, sites } = targetNames(context.base, prefix, options.targets, options.layers);
  const head = startHead(context);
  const config = loraConfig(options, context, { names, head, isDora });
  const paths = sites.map(({ module }) => prefix + module);
  const patterns = new Patterns(config, paths);
  const weights = new Map<string, Tensor<'float32'>>();
  for (const site of sites) {
    const path = prefix + site.module;
    const rank = patterns.value('rank_pattern', path);
    const factors = startFactors(site, typeof rank === 'number' ? rank : options.rank, options, context);
    for (const [field, held] of Object.entries(factors)) weights.set(`${TUNER_PREFIX}${path}.${field}`, held);
    if (isDora) {
      const norms = rowNorms(frozenWeight(context, site.module)[1].data, site.out, site.in);
      const name = `${TUNER_PREFIX}${path}.${FIELDS.magnitude}`;
      weights.set(name, tensor('float32', [site.out], Float32Array.from(norms)));
    }
  }
  for (const [path, held] of startBiases(options.bias, paths, context)) weights.set(TUNER_PREFIX + path, held);
  for (const [path, held] of head) weights.set(TUNER_PREFIX + path, held);
  return new Map(peftFiles(config, weights));
}

function startFactors(
  { in: inWidth, out }: Site,
  rank: number,
  { initialisation, loraBias }: Omit<LoraOptions, 'name'>,
  { random }: MethodContext,
): Record<string, Tensor<'float32'>> {
  const size = rank * inWidth;
  const a =
    initialisation === 'gaussian' ? random.normals(size, 1 / rank) : random.uniforms(size, 1 / Math.sqrt(inWidth));
  return {
    [FIELDS.a]: tensor('float32', [rank, inWidth], a),
    [FIELDS.b]: tensor('float32', [out, rank], new Float32Array(out * rank)),
    ...(loraBias && { [FIELDS.bias]: tensor('float32', [out], new Float32Array(out)) }),
  };
}

/** Biases that are trained along, as the base has them, by their path in the file. */
function startBiases(kind: LoraOptions['bias'], adapted: readonly string[], context: MethodContext): Weights {
  const prefix = trunkPrefix(context);
  const all = [...context.base.weights].filter(
    ([name]) => name.endsWith('.bias') && kind !== 'none' && !name.startsWith('pooler.'),
  );
  return new Map(
    all.flatMap(([name, held]): [string, Tensor<'float32'>][] => {
      const path = prefix + name;
      const module = path.slice(0, -'.bias'.length);
      if (adapted.includes(module)) return [[`${module}.base_layer.bias`, held]];
      return kind === 'all' ? [[path, held]] : [];
    }),
  );
}

function loraConfig(
  options: Omit<LoraOptions, 'name'>,
  context: MethodContext,
  { names, head, isDora }: { names: readonly string[]; head: ReadonlyMap<string, unknown>; isDora: boolean },
): Config {
  const bias = { none: 'none', adapted: 'lora_only', all: 'all' }[options.bias];
  return peftConfig(context, {
    peft_type: 'LORA',
    r: options.rank,
    lora_alpha: options.alpha,
    lora_dropout: 0,
    rank_pattern: options.rankPattern,
    alpha_pattern: options.alphaPattern,
    target_modules: names,
    modules_to_save: head.size > 0 ? savedNames(head) : null,
    bias,
    lora_bias: options.loraBias,
    use_rslora: options.rankStabilised,
    use_dora: isDora,
    init_lora_weights: options.initialisation === 'gaussian' ? 'gaussian' : true,
    fan_in_fan_out: false,
    layers_pattern: null,
    layers_to_transform: null,
  });
}
