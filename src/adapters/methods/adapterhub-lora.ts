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
import type { BrickBuilder } from '../brick-builder.js';
import {
  booleanKey,
  integerKey,
  numberKey,
  show,
  stringKey,
  stringsKey,
  type Config,
  type JsonValue,
} from '../config.js';
import { honoured, ignored, off, only, type KeyRules } from '../key-rules.js';
import { mergedWeight, type ModuleUpdate } from '../update.js';
import type { SiteRole } from '../../models/sites.js';
import { expectShape, listed, type Weights } from '../weights.js';
import { rowNorms, scaledRows } from './dora.js';
import type { AdapterMethod } from './method.js';

const KEYS: KeyRules = {
  architecture: only('another architecture', 'lora'),
  selfattn_lora: honoured,
  intermediate_lora: honoured,
  output_lora: honoured,
  attn_matrices: honoured,
  leave_out: honoured,
  r: honoured,
  alpha: honoured,
  composition_mode: honoured,
  use_dora: honoured,
  use_gating: off('a gate over the whole sequence is not served'),
  vera_d: off('VeRA in AdapterHub’s layout is not served'),
  vera_b: off('VeRA in AdapterHub’s layout is not served'),
  dropout: ignored('dropout is off in inference'),
  dtype: ignored('the tensors say their own type'),
  init_weights: ignored('used only when the factors are initialised'),
  init_weights_seed: ignored('used only when the factors are initialised'),
};

const VERSION = /^adapters\.(\d+)\.(\d+)\.(\d+)(.*)$/;

/** Versions before 1.1.0 scaled by 1 whatever alpha said, so such an adapter is right with α := r. */
function scaleOf(outer: Config, config: Config, rank: number): number {
  const alpha = numberKey(config, 'alpha', 8);
  const [, major, minor, patch, rest] = VERSION.exec(stringKey(outer, 'version', '')) ?? [];
  const order = [Number(major), Number(minor), Number(patch)];
  const isPre = rest !== '' && order.join('.') === '1.1.0';
  const isOld = major !== undefined && (order[0]! < 1 || (order[0] === 1 && order[1]! < 1) || isPre);
  return (isOld ? rank : alpha) / rank;
}

interface Layer {
  readonly module: string;
  readonly tensors: Weights;
  readonly in: number;
  readonly out: number;
  readonly scale: number;
  readonly rank: number;
  weight(): Float32Array;
}

/** (IA)³ in AdapterHub: `composition_mode` scale, y = α·l ⊙ (W·x + b). */
function scaleUpdate({ module, tensors, out, scale, rank }: Layer): ModuleUpdate {
  const l = requireTensor(tensors, module, 'lora_B');
  expectShape(`${module}: lora_B`, l, [out, rank]);
  if (rank !== 1)
    throw new IncompatibleAdapterError(`r: must be 1 with composition_mode scale, got ${rank}`, { param: 'r' });
  return { outputScale: l.data.map((value) => value * scale), scalesBias: true };
}

/**
 * LoRA, y = W·x + b + s·B·A·x, or its DoRA, y = g ⊙ (W·x + b + s·B·A·x) with g = m / ‖W + B·A‖: unlike PEFT's, the norm
 * is that of the unscaled product and the bias is scaled too.
 */
function addUpdate(layer: Layer, isDora: boolean): ModuleUpdate {
  const { module, tensors, rank, scale } = layer;
  const a = requireTensor(tensors, module, 'lora_A');
  const b = requireTensor(tensors, module, 'lora_B');
  expectShape(`${module}: lora_A`, a, [rank, layer.in]);
  expectShape(`${module}: lora_B`, b, [layer.out, rank]);
  const lowRank = { rank, a: a.data, b: b.data.map((value) => value * scale) };
  if (!isDora) return { lowRank };
  const m = requireTensor(tensors, module, 'm.weight');
  expectShape(`${module}: m.weight`, m, [layer.out, 1]);
  const merged = mergedWeight(layer.weight(), layer.out, layer.in, { lowRank: { rank, a: a.data, b: b.data } });
  const norms = rowNorms(merged, layer.out, layer.in);
  const gain = m.data.map((value, out) => value / norms[out]!);
  return { lowRank: scaledRows(lowRank, gain), outputScale: gain, scalesBias: true };
}

/** Roles that the switches of the configuration ask for. */
function askedRoles(config: Config): Set<SiteRole> {
  const letters: Readonly<Record<string, SiteRole>> = { q: 'query', k: 'key', v: 'value', o: 'attention_output' };
  const matrices = booleanKey(config, 'selfattn_lora', true) ? stringsKey(config, 'attn_matrices', ['q', 'v']) : [];
  const roles = matrices.map((letter) => {
    const role = letters[letter];
    if (role) return role;
    throw new IncompatibleAdapterError(`attn_matrices: must hold q, k, v or o, got ${show(letter)}`, {
      param: 'attn_matrices',
    });
  });
  if (booleanKey(config, 'intermediate_lora', false)) roles.push('ffn_up');
  if (booleanKey(config, 'output_lora', false)) roles.push('ffn_down');
  return new Set(roles);
}

function checkLayers(config: Config, checkpoint: HubCheckpoint, { base, places }: BrickBuilder): void {
  const roles = askedRoles(config);
  const left = (config.get('leave_out') ?? []) as readonly JsonValue[];
  const asked = base.sites.sites
    .filter(({ role, layer }) => roles.has(role) && !left.includes(layer))
    .map(({ module }) => module);
  const there = new Set([...checkpoint.modules.keys()].map((module) => places.canonical(module)));
  const lacking = asked.filter((module) => !there.has(module));
  const extra = [...there].filter((module) => !asked.includes(module));
  if (lacking.length === 0 && extra.length === 0) return;
  const got = lacking.length > 0 ? `none for ${listed(lacking)}` : `also ${listed(extra)}`;
  const rule = 'attn_matrices, intermediate_lora, output_lora, leave_out: the file must hold the layers asked for';
  throw new IncompatibleAdapterError(`${rule}, got ${got}`, { param: 'attn_matrices' });
}

function place(checkpoint: HubCheckpoint, builder: BrickBuilder): void {
  const config = hubMethodConfig(checkpoint.config);
  checkHubModel(checkpoint.config, builder.base.config);
  checkLayers(config, checkpoint, builder);
  const rank = integerKey(config, 'r', 1, 8);
  const mode = stringKey(config, 'composition_mode', 'add');
  if (mode !== 'add' && mode !== 'scale') {
    throw new IncompatibleAdapterError(`composition_mode: must be add or scale, got ${show(mode)}`, {
      param: 'composition_mode',
    });
  }
  const isDora = booleanKey(config, 'use_dora', false);
  for (const [module, tensors] of checkpoint.modules) {
    const site = builder.requirePlace(module);
    const layer: Layer = {
      module,
      tensors,
      ...widths(builder.widths(module, site)),
      rank,
      scale: scaleOf(checkpoint.config, config, rank),
      weight: () => builder.weight(module, site),
    };
    builder.update(module, site, mode === 'scale' ? scaleUpdate(layer) : addUpdate(layer, isDora));
  }
  placeHubHead(checkpoint.head, builder);
}

function widths({ in: inWidth, out }: { readonly in: number; readonly out: number }): { in: number; out: number } {
  return { in: inWidth, out };
}

/** LoRA, DoRA and (IA)³ in AdapterHub's layout. Hu et al. 2021, arXiv:2106.09685; the formulas are AdapterHub's. */
export const adapterhubLora: AdapterMethod<HubCheckpoint> = {
  name: 'adapterhub_lora',
  format: 'adapterhub',
  type: 'lora',
  keys: KEYS,
  read: (source) => readHub('loras', source),
  write: (checkpoint) => hubFiles('loras', checkpoint),
  statedTask: hubTask,
  savedPaths: ({ head }) => [...(head?.weights.keys() ?? [])],
  ranks: ({ config }) => [integerKey(hubMethodConfig(config), 'r', 1, 8)],
  place,
};
