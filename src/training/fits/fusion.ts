import type { Brick } from '../../adapters/brick.js';
import { toConfig } from '../../adapters/config.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { Places } from '../../adapters/places.js';
import { hubFusionFiles } from '../../adapters/routing/hub-fusion.js';
import type { FloatTensor, Weights } from '../../adapters/weights.js';
import { Random } from '../../common/random.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import { tensor } from '../../engine/tensor.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import { blockModule, hubHead } from '../methods/bottleneck.js';
import { INITIALIZER_RANGE } from '../methods/head-start.js';
import { taskClass } from '../methods/peft-files.js';
import type { Parameter, ParameterTensors } from '../parameter.js';
import type { Trainable } from '../trainable.js';
import { FixedBricks } from './fixed-bricks.js';
import { expectFusible, FusedBricks } from './fused-bricks.js';
import { learn, type FitData, type FitSettings, type FitWatch } from './learn-gains.js';

export interface FusionFit extends FitData, Partial<FusionSettings> {
  /** Bottlenecks at the same blocks. */
  readonly members: readonly { readonly name: string; readonly brick: Brick }[];
}

export interface FusionSettings extends FitSettings {
  /** What ‖V − I‖² of each block adds to the loss. */
  readonly regularisation: number;
  /** The rate of a new head over that of the fusion. */
  readonly headRate: number;
}

export const FUSION_DEFAULTS: FusionSettings = {
  ...{ steps: 300, learningRate: 5e-4, batchSize: 16, seed: 0 },
  ...{ regularisation: 0.01, headRate: 10 },
};

/** Off the diagonal of V at the start, as AdapterHub has it. */
const OFF_DIAGONAL = 1e-6;
/** Parts that are learned; `key` has no bias, which softmax would not see. */
const PARTS = ['query.weight', 'query.bias', 'key.weight', 'value.weight'] as const;

/**
 * AdapterFusion: at the end of each block where the members act, attention over their outputs with the block's input to them
 * as query, V·Σ softmaxₑ((Qx + b)·Kaₑ)·aₑ; Q and K begin N(0, 0.02), V as the identity, towards which it is held. The
 * members and the base stay as they are. Without `head` a new one is learned along, on the labels.
 *
 * Pfeiffer et al. 2021, "AdapterFusion: Non-Destructive Task Composition for Transfer Learning", §3.2, arXiv:2005.00247;
 * start and regularisation (0.01 · ‖V − I‖²) as AdapterHub's library has them.
 *
 * @returns  the files of an AdapterHub fusion, with the new head
 * @throws IncompatibleAdapterError  for members that are no bottlenecks, or not at the same blocks
 * @throws ValidationError | DivergedError | CancelledError  as `learn`
 */
export async function fitFusion(fit: FusionFit, executor: Executor, watch: FitWatch = {}): Promise<AdapterFiles> {
  const settings = { ...FUSION_DEFAULTS, ...fit };
  const trainable = fusionTrainable(fit, settings);
  return trainable.files(await learn(trainable, fit, settings, { executor, watch }));
}

export function fusionTrainable(
  { members, base, task, labels, head }: FusionFit,
  { seed, regularisation, headRate }: Pick<FusionSettings, 'seed' | 'regularisation' | 'headRate'>,
): Trainable {
  const bricks = new FixedBricks(
    members.map(({ brick }) => brick),
    base.sites,
  );
  expectFusible(bricks);
  const random = Random.stream(seed, 'initial');
  const modules = fusedModules(bricks, { base, task });
  const outer = {
    ...{ hidden_size: base.config.hidden, model_class: taskClass(base, task), model_name: '' },
    ...{ model_type: base.config.modelType, version: 'adapters.1.2.0' },
  };
  const started = head ? undefined : hubHead({ base, task, labels, random }, outer);
  const places = new Places(base);
  const { layers, hidden } = base.config;
  const parameter = (name: string, initial: FloatTensor, layer: number, rate = 1): Parameter => {
    return { name, shape: initial.shape, decay: false, rate, layer, initial };
  };
  return {
    kind: 'adapter',
    parameters: [
      ...modules.flatMap(({ module, layer }) =>
        PARTS.map((part) => parameter(`${module}.${part}`, initialOf(part, hidden, random), layer)),
      ),
      ...[...(started?.weights ?? [])].map(([name, held]) => parameter(name, held, layers, headRate)),
    ],
    frozen: bricks.tensors,
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: 0,
    penalty: (values) =>
      modules.map(({ module }) => distance(values, `${module}.value.weight`)).reduce(add, values.graph.scalar(0)),
    place: (values) => ({
      adapters: new FusedBricks(bricks, values, (slot, layer) => {
        const found = modules.find((one) => one.slot === slot && one.layer === layer);
        return found && learnedAt(values, found.module);
      }),
      whole: new Map([...(started?.weights.keys() ?? [])].map((name) => [places.canonical(name), values.get(name)])),
    }),
    files: (values) => {
      const head = started && { config: started.config, weights: renewed(started.weights, values) };
      const names = memberNames(members.map(({ name }) => name)).join(',');
      const fused = new Map(modules.map(({ module }) => [module, tensorsOf(values, module, hidden)]));
      const config = toConfig({ ...outer, name: names, config: CONFIG });
      return new Map(hubFusionFiles({ config, modules: fused, ...(head && { head }) }));
    },
  };

  function distance(values: ParameterValues, name: string): Value {
    const one = values.graph.constant(tensor('float32', [hidden, hidden], identity(hidden, 0)));
    return mul(reduceSum(square(sub(values.get(name), one))), regularisation);
  }
}

/** AdapterHub's `DynamicAdapterFusionConfig`. */
const CONFIG = {
  ...{ key: true, query: true, value: true, query_before_ln: false, regularization: true, residual_before: false },
  ...{ temperature: false, value_before_softmax: true, value_initialized: true, dropout_prob: null },
};

interface FusedModule {
  readonly slot: BlockSlot;
  readonly layer: number;
  readonly module: string;
}

/** Blocks at which some member acts, by the modules that AdapterHub hangs fusions on. */
function fusedModules(bricks: FixedBricks, context: Parameters<typeof blockModule>[2]): FusedModule[] {
  return bricks.places().map(({ place, layer }) => {
    const slot = place === 'attention_block' ? 'attention' : 'ffn';
    return { slot, layer, module: blockModule(slot, layer, context) };
  });
}

function learnedAt(values: ParameterValues, module: string) {
  const get = (part: (typeof PARTS)[number]): Value => values.get(`${module}.${part}`);
  return {
    query: (x: Value): Value =>
      matmul(add(matmul(x, get('query.weight'), { transposeB: true }), get('query.bias')), get('key.weight')),
    value: (context: Value): Value => matmul(context, get('value.weight'), { transposeB: true }),
  };
}

function initialOf(part: (typeof PARTS)[number], hidden: number, random: Random): FloatTensor {
  if (part === 'query.bias') return tensor('float32', [hidden], new Float32Array(hidden));
  const shape = [hidden, hidden];
  if (part === 'value.weight') return tensor('float32', shape, identity(hidden, OFF_DIAGONAL));
  return tensor('float32', shape, random.normals(hidden * hidden, INITIALIZER_RANGE));
}

function identity(size: number, elsewhere: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : elsewhere));
}

function renewed(tensors: Weights, values: ParameterTensors): Weights {
  return new Map([...tensors].map(([name, held]) => [name, values.get(name) ?? held]));
}

function tensorsOf(values: ParameterTensors, module: string, hidden: number): Weights {
  const bias = tensor('float32', [hidden], new Float32Array(hidden));
  return new Map([
    ...PARTS.map((part) => [part, values.get(`${module}.${part}`) ?? bias] as const),
    ['key.bias', bias],
  ]);
}

/**
 * Names that AdapterHub can have in those of tensors, where dots and commas part them: without owner and version, unlike ones
 * by a number.
 */
export function memberNames(members: readonly string[]): string[] {
  const names = new Set<string>();
  for (const member of members) {
    const plain = member
      .replace(/@.*$/, '')
      .replace(/^.*\//, '')
      .replace(/[^A-Za-z0-9_-]/g, '-');
    let name = plain;
    for (let number = 2; names.has(name); number++) name = `${plain}-${number}`;
    names.add(name);
  }
  return [...names];
}
