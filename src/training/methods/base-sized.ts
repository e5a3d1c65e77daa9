import { ModelError } from '../../common/errors.js';
import { readSafetensors, writeSafetensors } from '../../engine/io/safetensors.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { requireFamily } from '../../models/families.js';
import type { Dense } from '../../models/heads.js';
import { canonicalise, isTrunkName } from '../../models/tensor-names.js';
import type { Parameter, ParameterTensors } from '../parameter.js';
import type { Trainable } from '../trainable.js';
import { startHead } from './head-start.js';
import type { MethodContext } from './method.js';
import { taskClass } from './peft-files.js';
import { isDecayed } from './tuner-parameters.js';

const WEIGHTS = 'model.safetensors';
const WORDS = 'embeddings.word_embeddings.weight';

/** Whole tensors of a model for one task: trunk and head by canonical name. A tied decoder is the word table. */
export type ModelTensors = ReadonlyMap<string, Tensor<'float32'>>;

/** The base with the task's head: its own, or a new one. */
export function startModel(context: MethodContext): Map<string, Tensor<'float32'>> {
  const { base, task } = context;
  const family = requireFamily(base.config.modelType);
  const { sequence, maskedLm, pooler } = family.headLayout(base.config);
  const tensors = new Map([...base.weights].filter(([name]) => isTrunkName(name)));
  const put = (module: string, { weight, bias }: Dense): void => {
    tensors.set(`${module}.weight`, weight).set(`${module}.bias`, bias);
  };
  for (const [path, held] of startHead(context)) {
    tensors.set(path.startsWith(family.prefix) ? path.slice(family.prefix.length) : path, held);
  }
  if (task === 'sequence_classification' && base.pooler && sequence.dense === pooler?.dense)
    put(sequence.dense, base.pooler.dense);
  const head = base.heads.maskedLm;
  if (task === 'masked_lm' && head) {
    put(maskedLm.dense, head.dense);
    tensors.set(`${maskedLm.norm}.weight`, head.norm.gain).set(`${maskedLm.norm}.bias`, head.norm.bias);
    tensors.set(maskedLm.decoderBias, head.decoder.bias);
    if (head.decoder.weight !== base.weights.get(WORDS)) tensors.set(`${maskedLm.decoder}.weight`, head.decoder.weight);
  }
  return tensors;
}

/** The same tensors out of a model's files. @throws ModelError  when the file lacks one */
export function openModel(
  files: ReadonlyMap<string, Uint8Array>,
  context: MethodContext,
): Map<string, Tensor<'float32'>> {
  const bytes = files.get(WEIGHTS);
  if (!bytes) throw new ModelError(`training: ${WEIGHTS}: expected this file, got ${[...files.keys()].join(', ')}`);
  const stored = canonicalise(requireFamily(context.base.config.modelType), readSafetensors(bytes).tensors);
  return new Map(
    [...startModel(context)].map(([name, own]) => {
      const found = stored.get(name);
      if (!found) throw new ModelError(`training: ${WEIGHTS}: ${name}: expected a tensor of that name, got none`);
      return [name, tensor('float32', found.shape.length === 0 ? own.shape : found.shape, found.toFloat32())];
    }),
  );
}

/** −1 for the embeddings (and what all layers share), the number of layers for the head. */
export function layerOfTensor(canonical: string, layers: number): number {
  if (!isTrunkName(canonical)) return layers;
  return Number(/\.layer\.(\d+)\./.exec(canonical)?.[1] ?? -1);
}

/** As Hugging Face names it in a model with a head. */
export function fileName(canonical: string, { base, task }: MethodContext): string {
  const family = requireFamily(base.config.modelType);
  const pooler = family.headLayout(base.config).pooler?.dense;
  const isInside = isTrunkName(canonical) || (pooler !== undefined && canonical.startsWith(`${pooler}.`));
  return isInside && task !== 'embedding' ? family.prefix + canonical : canonical;
}

/**
 * A model whose tensors are trained from layer `from` on (−1: all of them), in the place of the base's own.
 */
export function modelTrainable(tensors: ModelTensors, from: number, context: MethodContext): Trainable {
  const { layers } = context.base.config;
  const trained = [...tensors].filter(([name]) => layerOfTensor(name, layers) >= from);
  const parameters = trained.map(([canonical, initial]): Parameter => {
    const name = fileName(canonical, context);
    const layer = layerOfTensor(canonical, layers);
    return { name, shape: initial.shape, decay: isDecayed(name), rate: 1, layer, initial };
  });
  return {
    kind: 'base',
    parameters,
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({
      whole: new Map(trained.map(([canonical]) => [canonical, values.get(fileName(canonical, context))])),
    }),
    files: (values) => modelFiles(tensors, values, context),
  };
}

/** The files of a base model: trained values in the place of the first ones, the task's class and labels in config.json. */
export function modelFiles(
  tensors: ModelTensors,
  values: ParameterTensors,
  context: MethodContext,
): Map<string, Uint8Array> {
  const { base, task, labels, baseFiles } = context;
  const config = baseFiles?.get('config.json');
  if (!baseFiles || !config) throw new ModelError('training: config.json of the base: expected it, got none');
  const weights = [...tensors].map(([canonical, held]): [string, Tensor] => {
    const name = fileName(canonical, context);
    return [name, values.get(name) ?? held];
  });
  // What has no head over the pooler leaves it as it is: a later run may put a classifier there.
  const { pooler } = base;
  const path = requireFamily(base.config.modelType).headLayout(base.config).pooler?.dense;
  if (task === 'masked_lm' && pooler && path !== undefined) {
    const name = `${requireFamily(base.config.modelType).prefix}${path}`;
    weights.push([`${name}.weight`, pooler.dense.weight], [`${name}.bias`, pooler.dense.bias]);
  }
  const names = labels?.labels.map((label, id) => [String(id), label] as const);
  const problems = {
    single: 'single_label_classification',
    multi: 'multi_label_classification',
    regression: 'regression',
  };
  const { quantization_config: _quantized, ...kept } = JSON.parse(new TextDecoder().decode(config)) as Record<
    string,
    unknown
  >;
  const json = {
    ...kept,
    architectures: [taskClass(base, task)],
    ...(names && {
      id2label: Object.fromEntries(names),
      label2id: Object.fromEntries(names.map(([id, label]) => [label, Number(id)])),
    }),
    ...(labels && task === 'sequence_classification' && { problem_type: problems[labels.problem] }),
    dtype: 'float32',
  };
  const others = [...baseFiles].filter(([name]) => /^(tokenizer|special_tokens|vocab|merges)/.test(name));
  return new Map([
    ...others,
    ['config.json', new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)],
    [WEIGHTS, writeSafetensors(new Map(weights), { format: 'pt' })],
  ]);
}
