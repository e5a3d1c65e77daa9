import { writeSafetensors } from '../engine/io/safetensors.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import { canonicalJson, patternKey, type Config } from './config.js';
import type { AdapterFiles } from './files.js';
import { honoured, ignored, only, type KeyRules } from './key-rules.js';
import { isSavedWhole, savedModules } from './targeting.js';
import { listed, type FloatTensor, type Weights } from './weights.js';

export const PEFT_CONFIG = 'adapter_config.json';
export const PEFT_WEIGHTS = 'adapter_model.safetensors';

/** Keys that PEFT writes for every method. */
export const PEFT_KEYS: KeyRules = {
  peft_type: honoured,
  task_type: honoured,
  auto_mapping: honoured,
  base_model_name_or_path: ignored('a name; the tensors themselves are checked against the base'),
  revision: ignored('a name; the tensors themselves are checked against the base'),
  inference_mode: ignored('an adapter is always served for inference'),
  peft_version: ignored('the format is the same in every version that we read'),
  runtime_config: ignored('PEFT itself does not keep it'),
};

/** Keys of the methods that put a layer around modules. */
export const TARGET_KEYS: KeyRules = {
  target_modules: honoured,
  exclude_modules: honoured,
  modules_to_save: honoured,
  layers_to_transform: honoured,
  layers_pattern: honoured,
  fan_in_fan_out: ignored(
    'every linear layer of an encoder stores its weight [out, in], where PEFT resets it to false',
  ),
};

/** `bias`: which biases of the base were trained along; `own` is the method's word, e.g. `lora_only`. */
export function biasRule(own: string): KeyRules {
  return { bias: only(`bias is none, all or ${own}`, 'none', 'all', own, null) };
}

/**
 * The name of a tensor without PEFT's wrapper of saved modules; nothing for the module as it was before training, which
 * PEFT writes along in some cases (`bias: all`) and never reads.
 */
export function unwrapped(name: string): string | undefined {
  return name.includes('.original_module.') ? undefined : name.replace(/\.modules_to_save\.(default\.)?/, '.');
}

/** @throws IncompatibleAdapterError  when a name stands for two tensors that differ */
export function unwrapAll(weights: Weights): Weights {
  const found = new Map<string, FloatTensor>();
  for (const [stored, value] of weights) {
    const name = unwrapped(stored);
    if (name === undefined) continue;
    const known = found.get(name);
    if (known && !equal(known, value)) {
      const rule = `${name}: both copies must be equal, got different numbers in ${stored}`;
      throw new IncompatibleAdapterError(rule, { param: stored });
    }
    found.set(name, value);
  }
  return found;
}

/** Prefix of the tuner methods' tensors: the wrapper of the wrapper of the task model. */
export const TUNER_PREFIX = 'base_model.model.';
/** Prefix of heads beside a prompt, where PEFT wraps the task model once. */
export const PROMPT_PREFIX = 'base_model.';

/**
 * Whole parameters in a PEFT file, by their path in the task model: heads saved by `modules_to_save`, biases trained
 * along, a base weight saved beside its adapter.
 */
export class SavedParameters {
  private readonly values = new Map<string, FloatTensor>();
  private readonly unasked: string[] = [];
  private readonly saved: readonly string[];

  constructor(
    private readonly config: Config,
    private readonly adapted: (module: string) => boolean,
  ) {
    this.saved = savedModules(config);
  }

  /** Takes a parameter whose path has lost the prefix of the format; false when it is none. */
  take(path: string, value: FloatTensor): boolean {
    if (!/\.(weight|bias)$/.test(path)) return false;
    const own = path.replace('.base_layer.', '.');
    if (!this.isAsked(own, path)) this.unasked.push(path);
    this.values.set(own, value);
    return true;
  }

  /** @throws IncompatibleAdapterError  for parameters that the configuration does not ask for: PEFT would drop them */
  finish(): Weights {
    if (this.unasked.length === 0) return this.values;
    const rule = 'whole parameters must be asked for by modules_to_save or bias';
    throw new IncompatibleAdapterError(`${PEFT_WEIGHTS}: ${rule}, got ${listed(this.unasked)}`, {
      param: this.unasked[0]!,
    });
  }

  private isAsked(own: string, path: string): boolean {
    if (isSavedWhole(own, this.saved) || path.endsWith('.base_layer.weight')) return true;
    const bias = this.config.get('bias') ?? 'none';
    if (bias === 'none' || !own.endsWith('.bias')) return false;
    return bias === 'all' || this.adapted(own.slice(0, -'.bias'.length));
  }
}

function equal(a: FloatTensor, b: FloatTensor): boolean {
  return a.data.length === b.data.length && a.data.every((value, at) => value === b.data[at]);
}

/** Paths of the modules whose parameters are saved whole. */
export function savedModulesOf(saved: Weights): string[] {
  return [...new Set([...saved.keys()].map((path) => path.slice(0, path.lastIndexOf('.'))))];
}

/** @throws IncompatibleAdapterError  that lists tensors of no known name */
export function refuseUnknown(file: string, names: readonly string[]): void {
  if (names.length === 0) return;
  throw new IncompatibleAdapterError(`${file}: every tensor must be one that the method knows, got ${listed(names)}`, {
    param: names[0]!,
  });
}

/** True when the configuration says which modules were adapted (PEFT fills it in when it saves). */
export function namesTargets(config: Config): boolean {
  const targets = patternKey(config, 'target_modules', []);
  return targets !== 'all-linear' && targets.length > 0;
}

/** The two files of a PEFT adapter. */
export function peftFiles(config: Config, weights: Weights): AdapterFiles {
  return new Map([
    [PEFT_CONFIG, new TextEncoder().encode(`${canonicalJson(config, 2)}\n`)],
    [PEFT_WEIGHTS, writeSafetensors(weights, { format: 'pt' })],
  ]);
}
