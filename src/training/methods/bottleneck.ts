import { IncompatibleAdapterError } from '../../common/errors.js';
import { hubActivation } from '../../adapters/activations.js';
import { HUB_CONFIG, hubFiles, hubMethodConfig, type HubHead } from '../../adapters/adapterhub-format.js';
import { numberKey, stringKey, toConfig } from '../../adapters/config.js';
import { requireKeys } from '../../adapters/key-rules.js';
import { bottleneck as format, inputOf, slotOf } from '../../adapters/methods/bottleneck.js';
import { openAdapter, sourceOf } from '../../adapters/open.js';
import { Places } from '../../adapters/places.js';
import { resolveCheckpoint } from '../../adapters/resolve.js';
import type { Weights } from '../../adapters/weights.js';
import { mul } from '../../engine/ops/mul.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { swapLast, type BottleneckParts } from '../graph/module-values.js';
import type { Parameter } from '../parameter.js';
import type { Trainable } from '../trainable.js';
import { INITIALIZER_RANGE, startHead } from './head-start.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';
import { taskClass, trunkPrefix } from './peft-files.js';
import { isDecayed } from './tuner-parameters.js';

type BottleneckOptions = Extract<MethodOptions, { name: 'bottleneck' }>;

const ADAPTER = 'adapter';
const DOWN = 'adapter_down.0';
const UP = 'adapter_up';

/**
 * Bottleneck adapters f(x) = s·(U·act(D·x + d) + u) after the blocks, in AdapterHub's format. Weights start N(0, 0.02) and
 * biases at zero (AdapterHub's `init_weights: bert`, and `mam_adapter` beside the block: D Kaiming-uniform, U zero), so the
 * first step sees nearly, or in parallel exactly, the base.
 *
 * Houlsby et al. 2019, arXiv:1902.00751; Pfeiffer et al. 2020, arXiv:2005.00247; parallel: He et al. 2021,
 * arXiv:2110.04366.
 */
export const bottleneck: TrainingMethod<'bottleneck'> = {
  start: (options, context) => bottleneckTrainable(startBottleneck(options, context), context),
  open: (files, _options, context) => bottleneckTrainable(files, context),
};

function bottleneckTrainable(files: ReadonlyMap<string, Uint8Array>, context: MethodContext): Trainable {
  const { base, task } = context;
  const opened = openAdapter(files);
  if (opened.format !== 'adapterhub' || opened.type !== 'bottleneck') {
    const got = `${opened.type} (${opened.format})`;
    throw new IncompatibleAdapterError(`training: files: must be bottlenecks of AdapterHub, got ${got}`, {
      param: HUB_CONFIG,
    });
  }
  requireKeys(opened.verdicts);
  const checkpoint = format.read(sourceOf(opened, files));
  resolveCheckpoint(format, checkpoint, base, { task });
  const { head } = checkpoint;
  if (head && [...head.weights.keys()].some((name) => name.startsWith('heads.'))) {
    const rule = "training: head: must be the model's own head (AdapterHub's static heads)";
    throw new IncompatibleAdapterError(`${rule}, got a head module`, { param: 'head' });
  }
  const config = hubMethodConfig(checkpoint.config);
  const scale = numberKey(config, 'scaling', 1);
  const adapter = stringKey(checkpoint.config, 'name');
  const places = new Places(base);
  const modules = [...checkpoint.modules].map(([module, tensors]) => {
    const { slot, layer } = slotOf(module, places, base.config.layers);
    return { slot, layer, tensors, stem: `${module}.adapters.${adapter}` };
  });
  const parameter = (name: string, held: Tensor<'float32'>, layer: number): Parameter => {
    return { name, shape: held.shape, decay: isDecayed(name), rate: 1, layer, initial: held };
  };
  const input = inputOf(config);
  const activation = hubActivation('non_linearity', stringKey(config, 'non_linearity'));
  return {
    kind: 'adapter',
    parameters: [
      ...modules.flatMap(({ stem, layer, tensors }) =>
        [...tensors].map(([rest, held]) => parameter(`${stem}.${rest}`, held, layer)),
      ),
      ...[...(head?.weights ?? [])].map(([name, held]) => parameter(name, held, base.config.layers)),
    ],
    numbers: new Map([['scaling', scale]]),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({
      bottlenecks: new Map(
        modules.map(({ slot, layer, stem }): [string, BottleneckParts] => [
          `${slot}.${layer}`,
          {
            input,
            activation,
            down: values.get(`${stem}.${DOWN}.weight`),
            downBias: values.get(`${stem}.${DOWN}.bias`),
            up: mul(swapLast(values.get(`${stem}.${UP}.weight`)), values.number('scaling', 3)),
            upBias: mul(values.get(`${stem}.${UP}.bias`), values.number('scaling', 2)),
          },
        ]),
      ),
      whole: new Map([...(head?.weights.keys() ?? [])].map((name) => [places.canonical(name), values.get(name)])),
    }),
    files(values) {
      const renewed = (stem: string, tensors: Weights): Weights =>
        new Map([...tensors].map(([rest, held]) => [rest, values.get(stem + rest) ?? held]));
      return new Map(
        hubFiles('adapters', {
          config: checkpoint.config,
          modules: new Map([...checkpoint.modules].map(([m, t]) => [m, renewed(`${m}.adapters.${adapter}.`, t)])),
          ...(head && { head: { config: head.config, weights: renewed('', head.weights) } }),
        }),
      );
    },
  };
}

/** AdapterHub's configurations `double_seq_bn`, `seq_bn` and `par_bn`. */
const PLACEMENTS = {
  houlsby: {
    mh_adapter: true,
    output_adapter: true,
    original_ln_before: false,
    is_parallel: false,
    non_linearity: 'swish',
    scaling: 1,
    init_weights: 'bert',
  },
  pfeiffer: {
    mh_adapter: false,
    output_adapter: true,
    original_ln_before: true,
    is_parallel: false,
    non_linearity: 'relu',
    scaling: 1,
    init_weights: 'bert',
  },
  parallel: {
    mh_adapter: false,
    output_adapter: true,
    original_ln_before: false,
    is_parallel: true,
    non_linearity: 'relu',
    scaling: 4,
    init_weights: 'mam_adapter',
  },
} as const;

function startBottleneck(options: BottleneckOptions, context: MethodContext): Map<string, Uint8Array> {
  const { base, random } = context;
  const { layers, hidden } = base.config;
  const placement = PLACEMENTS[options.placement];
  const width = Math.max(1, Math.floor(hidden / options.reductionFactor));
  const isBert = placement.init_weights === 'bert';
  const units = (): Weights =>
    new Map([
      [
        `${DOWN}.weight`,
        tensor(
          'float32',
          [width, hidden],
          isBert
            ? random.normals(width * hidden, INITIALIZER_RANGE)
            : random.uniforms(width * hidden, 1 / Math.sqrt(hidden)),
        ),
      ],
      [`${DOWN}.bias`, zeros(width)],
      [
        `${UP}.weight`,
        tensor(
          'float32',
          [hidden, width],
          isBert ? random.normals(width * hidden, INITIALIZER_RANGE) : new Float32Array(hidden * width),
        ),
      ],
      [`${UP}.bias`, zeros(hidden)],
    ]);
  const modules = new Map<string, Weights>();
  for (let layer = 0; layer < layers; layer++) {
    if (options.leaveOut.includes(layer)) continue;
    if (placement.mh_adapter) modules.set(blockModule('attention', layer, context), units());
    modules.set(blockModule('ffn', layer, context), units());
  }
  const outer = {
    hidden_size: hidden,
    model_class: taskClass(base, context.task),
    model_name: '',
    model_type: base.config.modelType,
    version: 'adapters.1.2.0',
  };
  const config = toConfig({
    ...outer,
    name: ADAPTER,
    config: {
      ...placement,
      original_ln_after: true,
      residual_before_ln: true,
      ln_before: false,
      ln_after: false,
      reduction_factor: options.reductionFactor,
      leave_out: options.leaveOut,
      ...(options.activation && { non_linearity: options.activation }),
      ...(options.scaling !== undefined && { scaling: options.scaling }),
    },
  });
  const head = hubHead(context, outer);
  return new Map(hubFiles('adapters', { config, modules, ...(head && { head }) }));
}

/** The module that AdapterHub hangs a bottleneck on. DistilBERT has containers of its own for them. */
export function blockModule(
  slot: 'attention' | 'ffn',
  layer: number,
  context: Pick<MethodContext, 'base' | 'task'>,
): string {
  const names =
    context.base.config.family === 'distilbert'
      ? {
          attention: `transformer.layer.${layer}.attention_adapters`,
          ffn: `transformer.layer.${layer}.output_adapters`,
        }
      : { attention: `encoder.layer.${layer}.attention.output`, ffn: `encoder.layer.${layer}.output` };
  return trunkPrefix(context) + names[slot];
}

export function hubHead(context: MethodContext, outer: Readonly<Record<string, unknown>>): HubHead | undefined {
  const weights = startHead(context);
  if (weights.size === 0) return undefined;
  const labels = context.labels?.labels ?? [];
  const label2id = Object.fromEntries(labels.map((label, id) => [label, id]));
  return { config: toConfig({ ...outer, name: null, config: null, num_labels: labels.length, label2id }), weights };
}

function zeros(length: number): Tensor<'float32'> {
  return tensor('float32', [length], new Float32Array(length));
}
