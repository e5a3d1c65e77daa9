import { writeSafetensors } from '../engine/io/safetensors.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import { canonicalJson, isConfig, objectKey, show, stringKey, type Config } from './config.js';
import type { AdapterFiles } from './files.js';
import { honoured, ignored, judgeKeys, type KeyRules, type KeyVerdict } from './key-rules.js';
import type { Checkpoint, AdapterSource } from './methods/method.js';
import { taskOfClass } from './task.js';
import type { AdapterTask } from './adapter-base.js';
import { refuseUnknown } from './peft-format.js';
import type { FloatTensor, Weights } from './weights.js';

export const HUB_CONFIG = 'adapter_config.json';
export const HUB_WEIGHTS = 'adapter.safetensors';
export const HUB_HEAD_CONFIG = 'head_config.json';
export const HUB_HEAD_WEIGHTS = 'model_head.safetensors';

const name = ignored('a name; the tensors themselves are checked against the base');

/** Keys around the method's own `config`. */
export const HUB_KEYS: KeyRules = {
  config: honoured,
  name: honoured,
  version: honoured,
  hidden_size: honoured,
  model_type: honoured,
  model_class: honoured,
  model_name: name,
};

const HEAD_KEYS: KeyRules = { ...HUB_KEYS, num_labels: honoured, label2id: honoured };

/** A head saved beside an adapter. */
export interface HubHead {
  readonly config: Config;
  /** By the name in the task model, or `heads.<name>.…` for a head module. */
  readonly weights: Weights;
}

/** An AdapterHub adapter: tensors by module and by the rest of their name after the adapter's name. */
export interface HubCheckpoint extends Checkpoint {
  readonly modules: ReadonlyMap<string, Weights>;
  readonly head?: HubHead;
}

/** The method's own configuration. */
export function hubMethodConfig(config: Config): Config {
  return objectKey(config, 'config');
}

/** Verdicts over the outer keys, the method's keys and those of the head. */
export function judgeHubKeys(config: Config, rules: KeyRules, head: Config | undefined): KeyVerdict[] {
  const inner = judgeKeys(hubMethodConfig(config), rules);
  const prefixed = inner.map((verdict) => ({ ...verdict, key: `config.${verdict.key}` }));
  const headVerdicts = head
    ? judgeKeys(head, HEAD_KEYS).map((verdict) => ({ ...verdict, key: `head.${verdict.key}` }))
    : [];
  return [...judgeKeys(config, HUB_KEYS), ...prefixed, ...headVerdicts];
}

/** Names that earlier versions gave to the containers of adapters. */
const LEGACY: readonly (readonly [string, string])[] = [
  ['.attention_text_task_adapters.', '.adapters.'],
  ['.attention_text_lang_adapters.', '.adapters.'],
  ['.layer_text_task_adapters.', '.adapters.'],
  ['.layer_text_lang_adapters.', '.adapters.'],
];

/**
 * Sorts tensors `<module>.<container>.<adapter>.<rest>` by module.
 *
 * @param container  `adapters` or `loras`
 * @throws IncompatibleAdapterError  for tensors of another container or another adapter
 */
export function readHub(container: string, { config, weights, head }: AdapterSource): HubCheckpoint {
  const adapter = stringKey(config, 'name');
  const marker = `.${container}.${adapter}.`;
  const modules = new Map<string, Map<string, FloatTensor>>();
  const unknown: string[] = [];
  for (const [stored, value] of weights) {
    const key = LEGACY.reduce((text, [old, now]) => text.replace(old, now), stored);
    const at = key.indexOf(marker);
    if (at <= 0) {
      unknown.push(stored);
      continue;
    }
    const module = key.slice(0, at);
    modules.set(
      module,
      (modules.get(module) ?? new Map<string, FloatTensor>()).set(key.slice(at + marker.length), value),
    );
  }
  refuseUnknown(HUB_WEIGHTS, unknown);
  if (modules.size === 0) {
    throw new IncompatibleAdapterError(`${HUB_WEIGHTS}: must hold tensors of ${show(adapter)}, got none`, {
      param: 'name',
    });
  }
  return { config, modules, ...(head && { head }) };
}

/** The files that AdapterHub reads back. */
export function hubFiles(container: string, { config, modules, head }: HubCheckpoint): AdapterFiles {
  const adapter = stringKey(config, 'name');
  const weights = new Map<string, FloatTensor>();
  for (const [module, tensors] of modules) {
    for (const [rest, value] of tensors) weights.set(`${module}.${container}.${adapter}.${rest}`, value);
  }
  const text = (value: Config): Uint8Array => new TextEncoder().encode(`${canonicalJson(value, 2)}\n`);
  const files = new Map([
    [HUB_CONFIG, text(config)],
    [HUB_WEIGHTS, writeSafetensors(weights)],
  ]);
  if (head) files.set(HUB_HEAD_CONFIG, text(head.config)).set(HUB_HEAD_WEIGHTS, writeSafetensors(head.weights));
  return files;
}

const HEAD_TASKS: ReadonlyMap<string, AdapterTask> = new Map([
  ['classification', 'sequence_classification'],
  ['multilabel_classification', 'sequence_classification'],
  ['tagging', 'token_classification'],
]);

/** What the saved head, else the class that the adapter was trained in, answers. */
export function hubTask({ config, head }: HubCheckpoint): AdapterTask | undefined {
  const inner = head?.config.get('config');
  if (isConfig(inner)) {
    const type = stringKey(inner, 'head_type');
    const task = HEAD_TASKS.get(type);
    if (task) return task;
    const rule = `head_type: must be one of ${[...HEAD_TASKS.keys()].join(', ')}, got ${show(type)}`;
    throw new IncompatibleAdapterError(rule, { param: 'head_type' });
  }
  return taskOfClass(stringKey(head?.config ?? config, 'model_class', ''));
}

/** A tensor of one module. @throws IncompatibleAdapterError  when the file lacks it */
export function requireTensor(tensors: Weights, module: string, rest: string): FloatTensor {
  const found = tensors.get(rest);
  if (found) return found;
  throw new IncompatibleAdapterError(`${module}: ${rest}: must be in the file, got nothing`, { param: module });
}

/** @throws IncompatibleAdapterError  when the adapter was made for another width or kind of model */
export function checkHubModel(config: Config, base: { readonly hidden: number; readonly modelType: string }): void {
  const fail = (key: string, expected: string | number): never => {
    throw new IncompatibleAdapterError(`${key}: must be the base's ${expected}, got ${show(config.get(key))}`, {
      param: key,
    });
  };
  if ((config.get('hidden_size') ?? base.hidden) !== base.hidden) fail('hidden_size', base.hidden);
  const type = config.get('model_type') ?? base.modelType;
  const same = type === base.modelType || (type === 'roberta' && base.modelType === 'xlm-roberta');
  if (!same) fail('model_type', base.modelType);
}
