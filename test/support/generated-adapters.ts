import type { AdapterFiles } from '../../src/adapters/files.js';
import { sizeOf, tensor } from '../../src/engine/tensor.js';
import { hubAdapter } from './hub-adapter.js';
import { json, peftAdapter, type Tensors } from './peft-adapter.js';
import { SeededRandom } from './seeded-random.js';

const HIDDEN = 256;
const FFN = 1024;
const LAYERS = 4;
const HEADS = 4;

/** A method as `generateAdapter` knows it. */
export type GeneratedKind =
  'lora' | 'lora_all' | 'lora_rank32' | 'dora' | 'ia3' | 'prefix' | 'prompt' | 'houlsby' | 'pfeiffer' | 'parallel';
export const GENERATED_KINDS: readonly GeneratedKind[] = [
  'lora', 'lora_all', 'lora_rank32', 'dora', 'ia3', 'prefix', 'prompt', 'houlsby', 'pfeiffer', 'parallel',
]; // prettier-ignore

export interface GeneratedAdapter {
  readonly kind: GeneratedKind;
  readonly labels: number;
  /** Of what it does to the trunk. */
  readonly seed: number;
  /** Of its head; default `seed`. Adapters that share it differ in the trunk alone. */
  readonly headSeed?: number;
  /** Default SEQ_CLS; TOKEN_CLS only for PEFT kinds. */
  readonly task?: 'SEQ_CLS' | 'TOKEN_CLS';
}

/**
 * An adapter for tessera-tiny as PEFT or AdapterHub saves it, with random weights so strong that no two answer alike. Its
 * labels are named by their place alone, so that only the numbers tell one adapter's answer from another's.
 */
export function generateAdapter(adapter: GeneratedAdapter): AdapterFiles {
  const draw = new Draw(adapter.seed);
  const { kind } = adapter;
  const hub = HUB_CONFIGS[kind];
  const files = hub ? hubFiles(adapter, draw, hub) : peftFiles(adapter, draw);
  const names = Array.from({ length: adapter.labels }, (_none, at) => `label_${at}`);
  return new Map([...files, ['card.json', json({ labels: names })]]);
}

/** A multipart body of an import. */
export function formOf(files: AdapterFiles, fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, bytes] of files) form.append('files', new Blob([new Uint8Array(bytes)]), name);
  return form;
}

/** Uniform tensors of a given spread. */
class Draw {
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  between(low: number, high: number, ...shape: number[]) {
    return tensor('float32', shape, this.random.floats(sizeOf(shape), low, high));
  }

  around(deviation: number, ...shape: number[]) {
    const bound = deviation * Math.sqrt(3);
    return this.between(-bound, bound, ...shape);
  }
}

const SITES: Readonly<Record<string, readonly [out: number, inWidth: number]>> = {
  'attention.self.query': [HIDDEN, HIDDEN],
  'attention.self.key': [HIDDEN, HIDDEN],
  'attention.self.value': [HIDDEN, HIDDEN],
  'attention.output.dense': [HIDDEN, HIDDEN],
  'intermediate.dense': [FFN, HIDDEN],
  'output.dense': [HIDDEN, FFN],
};

function head({ seed, headSeed = seed, labels }: GeneratedAdapter, prefix: string): Tensors {
  const draw = new Draw(headSeed + 7919);
  return {
    [`${prefix}classifier.weight`]: draw.around(0.5, labels, HIDDEN),
    [`${prefix}classifier.bias`]: draw.around(0.5, labels),
  };
}

function peftFiles(adapter: GeneratedAdapter, draw: Draw): AdapterFiles {
  const { kind, task = 'SEQ_CLS' } = adapter;
  const common = { task_type: task, inference_mode: true, base_model_name_or_path: 'tessera-tiny' };
  if (kind === 'prefix' || kind === 'prompt') {
    const tokens = kind === 'prefix' ? 6 : 10;
    const width = kind === 'prefix' ? 2 * LAYERS * HIDDEN : HIDDEN;
    const config = {
      peft_type: kind === 'prefix' ? 'PREFIX_TUNING' : 'PROMPT_TUNING',
      num_virtual_tokens: tokens,
      token_dim: HIDDEN,
      num_layers: LAYERS,
      num_attention_heads: HEADS,
      num_transformer_submodules: 1,
    };
    const tensors = { prompt_embeddings: draw.around(1.5, tokens, width), ...head(adapter, 'base_model.') };
    return peftAdapter({ ...common, ...config }, tensors);
  }
  const [config, layer] = kind === 'ia3' ? ia3(draw) : lora(kind, draw);
  const tensors: Tensors = {};
  for (let at = 0; at < LAYERS; at++) {
    for (const site of config.target_modules.flatMap(sitesOf)) {
      const path = `base_model.model.bert.encoder.layer.${at}.${site}`;
      for (const [name, value] of Object.entries(layer(site))) tensors[`${path}.${name}`] = value;
    }
  }
  return peftAdapter({ ...common, ...config }, { ...tensors, ...head(adapter, 'base_model.model.') });
}

/** PEFT matches the end of a module's path. */
function sitesOf(target: string): string[] {
  return Object.keys(SITES).filter((site) => site === target || site.endsWith(`.${target}`));
}

type Layer = (site: string) => Tensors;

function ia3(draw: Draw): [{ target_modules: string[] } & Record<string, unknown>, Layer] {
  const config = {
    peft_type: 'IA3',
    target_modules: ['key', 'value', 'output.dense'],
    feedforward_modules: ['output.dense'],
  };
  return [
    config,
    (site) => {
      const [out, inWidth] = SITES[site] ?? [0, 0];
      return { ia3_l: draw.between(-2, 2, ...(site.endsWith('output.dense') ? [1, inWidth] : [out, 1])) };
    },
  ];
}

function lora(kind: GeneratedKind, draw: Draw): [{ target_modules: string[] } & Record<string, unknown>, Layer] {
  const r = kind === 'lora_rank32' ? 32 : kind === 'lora_all' ? 12 : 8;
  const isDora = kind === 'dora';
  const all = ['query', 'key', 'value', 'intermediate.dense', 'output.dense'];
  const config = {
    peft_type: 'LORA',
    r,
    lora_alpha: r,
    use_dora: isDora,
    target_modules: kind === 'lora_all' ? all : ['query', 'value'],
  };
  return [
    config,
    (site) => {
      const [out, inWidth] = SITES[site] ?? [0, 0];
      return {
        'lora_A.weight': draw.around(1 / Math.sqrt(inWidth), r, inWidth),
        'lora_B.weight': draw.around(1.5 / Math.sqrt(r), out, r),
        ...(isDora && { lora_magnitude_vector: draw.between(0.5, 3, out) }),
      };
    },
  ];
}

interface HubConfig {
  readonly slots: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

const OWN_NORM = { original_ln_after: true, residual_before_ln: true, reduction_factor: 16, scaling: 1 };
const HUB_CONFIGS: Readonly<Partial<Record<GeneratedKind, HubConfig>>> = {
  houlsby: {
    slots: ['attention.output', 'output'],
    config: { ...OWN_NORM, mh_adapter: true, output_adapter: true, original_ln_before: false, non_linearity: 'swish' },
  },
  pfeiffer: {
    slots: ['output'],
    config: { ...OWN_NORM, mh_adapter: false, output_adapter: true, original_ln_before: true, non_linearity: 'relu' },
  },
  parallel: {
    slots: ['output'],
    config: {
      ...OWN_NORM,
      mh_adapter: false,
      output_adapter: true,
      is_parallel: true,
      non_linearity: 'relu',
      scaling: 2,
    },
  },
};

function hubFiles(adapter: GeneratedAdapter, draw: Draw, { slots, config }: HubConfig): AdapterFiles {
  const width = HIDDEN / 16;
  const tensors: Tensors = {};
  for (let at = 0; at < LAYERS; at++) {
    for (const slot of slots) {
      const path = `bert.encoder.layer.${at}.${slot}.adapters.tenant`;
      tensors[`${path}.adapter_down.0.weight`] = draw.around(1 / Math.sqrt(HIDDEN), width, HIDDEN);
      tensors[`${path}.adapter_down.0.bias`] = draw.around(0.5, width);
      tensors[`${path}.adapter_up.weight`] = draw.around(1.5 / Math.sqrt(width), HIDDEN, width);
      tensors[`${path}.adapter_up.bias`] = draw.around(0.5, HIDDEN);
    }
  }
  return hubAdapter({
    config,
    tensors,
    outer: { hidden_size: HIDDEN },
    head: { config: { hidden_size: HIDDEN, num_labels: adapter.labels }, tensors: head(adapter, '') },
  });
}
