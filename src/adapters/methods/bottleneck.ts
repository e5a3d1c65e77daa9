import { IncompatibleAdapterError } from '../../common/errors.js';
import {
  checkHubModel,
  hubFiles,
  hubMethodConfig,
  hubTask,
  readHub,
  requireTensor,
  type HubCheckpoint,
} from '../adapterhub-format.js';
import { placeHubHead } from '../adapterhub-head.js';
import { hubActivation } from '../activations.js';
import type { BottleneckPages } from '../brick.js';
import type { BrickBuilder } from '../brick-builder.js';
import type { Places } from '../places.js';
import { booleanKey, isConfig, numberKey, show, stringKey, type Config, type JsonValue } from '../config.js';
import { honoured, ignored, off, type KeyRules } from '../key-rules.js';
import { packBottleneck, type BottleneckUnits } from '../bottleneck-pages.js';
import { listed, expectShape, expectSize, type Weights } from '../weights.js';
import type { AdapterMethod } from './method.js';

const phm = ignored('used only with phm_layer');
const atStart = ignored('used only when the layers are initialised');

const KEYS: KeyRules = {
  architecture: off('an architecture of its own'),
  mh_adapter: honoured,
  output_adapter: honoured,
  reduction_factor: honoured,
  non_linearity: honoured,
  original_ln_before: honoured,
  original_ln_after: honoured,
  residual_before_ln: honoured,
  is_parallel: honoured,
  scaling: honoured,
  leave_out: honoured,
  ln_before: off('a layer norm before the bottleneck is not served'),
  ln_after: off('a layer norm after the bottleneck is not served'),
  use_gating: off('a gate over the whole sequence is not served'),
  inv_adapter: off('invertible adapters after the embeddings are not served'),
  invertible_adapter: off('invertible adapters after the embeddings are not served'),
  cross_adapter: off('an encoder has no cross attention'),
  phm_layer: off('parametrised hypercomplex layers are not served'),
  adapter_residual_before_ln: ignored('used only with ln_after'),
  inv_adapter_reduction_factor: ignored('used only with inv_adapter'),
  dropout: ignored('dropout is off in inference'),
  stochastic_depth: ignored('stochastic depth is off in inference'),
  init_weights: atStart,
  init_weights_seed: atStart,
  phm_dim: phm,
  phm_rank: phm,
  phm_bias: phm,
  phm_c_init: phm,
  phm_init_range: phm,
  learn_phm: phm,
  shared_phm_rule: phm,
  factorized_phm_rule: phm,
  factorized_phm_W: phm,
  shared_W_phm: phm,
  hypercomplex_nonlinearity: phm,
};

type Slot = BottleneckPages['slot'];

/**
 * What enters the bottleneck. With h the dense output and i the residual of a block, AdapterHub's flags give
 * LN(h + i + f(x)) in three cases: x = LN(h + i) (`original_ln_before`, residual taken before it), x = h (no norm before)
 * and x = i (parallel). Their other combinations are other formulas.
 */
export function inputOf(config: Config): BottleneckPages['input'] {
  const fail = (key: string, rule: string): never => {
    throw new IncompatibleAdapterError(`${key}: ${rule}, got ${show(config.get(key))}`, { param: key });
  };
  if (!booleanKey(config, 'original_ln_after', true))
    fail('original_ln_after', 'must be true (the block ends with its own layer norm)');
  if (booleanKey(config, 'is_parallel', false)) return 'residual';
  const residual: JsonValue = config.get('residual_before_ln') ?? true;
  if (typeof residual !== 'boolean') fail('residual_before_ln', 'must be true or false');
  if (!booleanKey(config, 'original_ln_before', false)) return 'output';
  if (residual !== true) fail('residual_before_ln', 'must be true with original_ln_before');
  return 'normed';
}

/** Bottleneck width of a layer: ⌊hidden / reduction⌋, at least 1. */
function widthOf(config: Config, layer: number, hidden: number): number {
  const factor = config.get('reduction_factor');
  const value = isConfig(factor) ? (factor.get(String(layer)) ?? factor.get('default')) : factor;
  if (typeof value === 'number' && value > 0) return Math.max(1, Math.floor(hidden / value));
  throw new IncompatibleAdapterError(
    `reduction_factor: must give layer ${layer} a number above 0, got ${show(value)}`,
    {
      param: 'reduction_factor',
    },
  );
}

/** Scaling of the output: a constant, a learned number, or one for each channel. */
function scalingOf(config: Config, tensors: Weights, module: string, hidden: number): (channel: number) => number {
  const value = config.get('scaling') ?? 1;
  if (value !== 'learned' && value !== 'channel') {
    const scale = numberKey(config, 'scaling', 1);
    return () => scale;
  }
  const scale = expectSize(
    `${module}: scaling`,
    requireTensor(tensors, module, 'scaling'),
    value === 'learned' ? 1 : hidden,
  );
  return (channel) => scale[channel % scale.length]!;
}

function unitsOf(config: Config, tensors: Weights, module: string, layer: number, hidden: number): BottleneckUnits {
  const width = widthOf(config, layer, hidden);
  const part = (rest: string, shape: readonly number[]): Float32Array => {
    const value = requireTensor(tensors, module, rest);
    expectShape(`${module}: ${rest}`, value, shape);
    return value.data;
  };
  const scale = scalingOf(config, tensors, module, hidden);
  const known = ['adapter_down.0.weight', 'adapter_down.0.bias', 'adapter_up.weight', 'adapter_up.bias', 'scaling'];
  const other = [...tensors.keys()].filter((rest) => !known.includes(rest));
  if (other.length > 0) {
    throw new IncompatibleAdapterError(`${module}: must hold ${listed(known)}, got ${listed(other)}`, {
      param: module,
    });
  }
  return {
    width,
    down: part('adapter_down.0.weight', [width, hidden]),
    downBias: part('adapter_down.0.bias', [width]),
    up: part('adapter_up.weight', [hidden, width]).map((value, at) => value * scale(Math.floor(at / width))),
    upBias: part('adapter_up.bias', [hidden]).map((value, at) => value * scale(at)),
  };
}

/** The block that an adapter's module follows. DistilBERT names its containers, the others hang them on the dense layer. */
const SLOTS: readonly (readonly [RegExp, Slot])[] = [
  [/^encoder\.layer\.(\d+)\.attention\.output$/, 'attention'],
  [/^encoder\.layer\.(\d+)\.output$/, 'ffn'],
  [/^transformer\.layer\.(\d+)\.attention_adapters$/, 'attention'],
  [/^transformer\.layer\.(\d+)\.output_adapters$/, 'ffn'],
];

/** @throws IncompatibleAdapterError  for a module that is no block of a base of so many layers */
export function slotOf(module: string, places: Places, layers: number): { slot: Slot; layer: number } {
  const name = places.canonical(module);
  const found = SLOTS.map(([pattern, slot]) => ({ slot, layer: pattern.exec(name)?.[1] })).find(
    ({ layer }) => layer !== undefined,
  );
  const layer = Number(found?.layer);
  if (found && layer < layers) return { slot: found.slot, layer };
  throw new IncompatibleAdapterError(`${module}: must be a block of the base, got an unknown one`, { param: module });
}

function place(checkpoint: HubCheckpoint, builder: BrickBuilder): void {
  const { layers, hidden } = builder.base.config;
  const config = hubMethodConfig(checkpoint.config);
  checkHubModel(checkpoint.config, builder.base.config);
  const slots: Record<Slot, (BottleneckUnits | undefined)[]> = { attention: [], ffn: [] };
  for (const [module, tensors] of checkpoint.modules) {
    const { slot, layer } = slotOf(module, builder.places, layers);
    slots[slot][layer] = unitsOf(config, tensors, module, layer, hidden);
  }
  const input = inputOf(config);
  const activation = hubActivation('non_linearity', stringKey(config, 'non_linearity'));
  for (const slot of ['attention', 'ffn'] as const) {
    checkLayers(config, slot, slots[slot], layers);
    const units = Array.from({ length: layers }, (_none, layer) => slots[slot][layer]);
    if (units.some((unit) => unit))
      builder.bottlenecks.push(packBottleneck({ slot, input, activation }, units, hidden));
  }
  placeHubHead(checkpoint.head, builder);
}

/** The layers with an adapter must be those that the configuration asks for. */
function checkLayers(
  config: Config,
  slot: Slot,
  units: readonly (BottleneckUnits | undefined)[],
  layers: number,
): void {
  const key = slot === 'attention' ? 'mh_adapter' : 'output_adapter';
  const left = config.get('leave_out') ?? [];
  const isLeftOut = (layer: number): boolean => Array.isArray(left) && (left as readonly JsonValue[]).includes(layer);
  for (let layer = 0; layer < layers; layer++) {
    const asked = booleanKey(config, key, slot === 'ffn') && !isLeftOut(layer);
    if (asked === (units[layer] !== undefined)) continue;
    const rule = `${key}: layers with an adapter must be those asked for`;
    const got = asked ? `none in layer ${layer}` : `one in layer ${layer}`;
    throw new IncompatibleAdapterError(`${rule}, got ${got}`, { param: key });
  }
}

/**
 * Bottleneck adapters of AdapterHub: f(x) = s · (U·act(D·x + d) + u) after attention or the feed-forward block.
 *
 * Houlsby et al. 2019, arXiv:1902.00751 (`double_seq_bn`); Pfeiffer et al. 2020, arXiv:2005.00247 (`seq_bn`); He et al.
 * 2021, arXiv:2110.04366 (`par_bn`).
 */
export const bottleneck: AdapterMethod<HubCheckpoint> = {
  name: 'bottleneck',
  format: 'adapterhub',
  type: 'bottleneck',
  keys: KEYS,
  read: (source) => readHub('adapters', source),
  write: (checkpoint) => hubFiles('adapters', checkpoint),
  statedTask: hubTask,
  savedPaths: ({ head }) => [...(head?.weights.keys() ?? [])],
  ranks({ modules }) {
    const widths = [...modules.values()].map((tensors) => tensors.get('adapter_down.0.weight')?.shape[0] ?? 0);
    return [...new Set(widths)].sort((a, b) => a - b);
  },
  place,
};
