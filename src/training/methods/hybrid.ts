import { ValidationError } from '../../common/errors.js';
import { loraScale } from '../../adapters/methods/lora.js';
import { toConfig } from '../../adapters/config.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { tensor } from '../../engine/tensor.js';
import type { Site } from '../../models/sites.js';
import { swapLast } from '../graph/module-values.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Parameter } from '../parameter.js';
import type { Trainable } from '../trainable.js';
import { fileName, modelFiles, modelTrainable, openModel, startModel, type ModelTensors } from './base-sized.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';

type HybridOptions = Extract<MethodOptions, { name: 'hybrid' }>;

/**
 * Low-rank below, full on top: LoRA on the lower layers, whole tensors in the top ones and the head. The result is a base of
 * its own, the factors merged into its weights, W + s·B·A.
 */
export const hybrid: TrainingMethod<'hybrid'> = {
  start: (options, context) => hybridTrainable(startModel(context), options, context),
  open: (files, options, context) => hybridTrainable(openModel(files, context), options, context),
};

function hybridTrainable(tensors: ModelTensors, options: HybridOptions, context: MethodContext): Trainable {
  const { base, random } = context;
  const { layers } = base.config;
  const top = layers - options.topLayers;
  const upper = modelTrainable(tensors, top, context);
  const isChosen = ({ role, layer }: Site): boolean =>
    options.targets.includes(role) && layer < top && (options.layers?.includes(layer) ?? true);
  const sites = base.sites.sites.filter(isChosen);
  const { rank } = options;
  if (Object.keys(options.rankPattern).length + Object.keys(options.alphaPattern).length > 0 || options.loraBias)
    throw new ValidationError('hybrid: patterns and loraBias: expected none, got some');
  const name = (site: Site, factor: 'a' | 'b'): string => `lora_${factor}.${site.module}`;
  const factors = sites.flatMap((site): Parameter[] => {
    const a = tensor('float32', [rank, site.in], random.uniforms(rank * site.in, 1 / Math.sqrt(site.in)));
    const b = tensor('float32', [site.out, rank], new Float32Array(site.out * rank));
    const shared = { decay: true, layer: site.layer };
    return [
      { ...shared, name: name(site, 'a'), shape: a.shape, rate: 1, initial: a },
      { ...shared, name: name(site, 'b'), shape: b.shape, rate: options.rateRatio, initial: b },
    ];
  });
  const scale = loraScale(toConfig({ use_rslora: options.rankStabilised }), options.alpha, rank);
  const lowRank = (values: ParameterValues, site: Site): { a: Value; b: Value } => ({
    a: values.get(name(site, 'a')),
    b: mul(swapLast(values.get(name(site, 'b'))), values.number('scale', 3)),
  });
  return {
    ...upper,
    parameters: [...factors, ...upper.parameters],
    numbers: new Map([['scale', scale]]),
    place: (values) => ({
      ...upper.place(values),
      modules: new Map(sites.map((site) => [site.module, { lowRank: lowRank(values, site) }])),
    }),
    derived: (values) =>
      new Map(
        sites.map((site) => {
          const { a, b } = lowRank(values, site);
          const own = values.graph.constant(tensors.get(`${site.module}.weight`)!);
          return [fileName(`${site.module}.weight`, context), add(own, matmul(swapLast(b), a))];
        }),
      ),
    files: (values) => modelFiles(tensors, values, context),
  };
}
