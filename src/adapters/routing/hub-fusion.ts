import { IncompatibleAdapterError } from '../../common/errors.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { HUB_HEAD_CONFIG, HUB_HEAD_WEIGHTS, type HubHead } from '../adapterhub-format.js';
import { canonicalJson, parseConfig, show, stringKey, toConfig, type Config } from '../config.js';
import type { AdapterFiles } from '../files.js';
import { honoured, ignored, off, type KeyRules } from '../key-rules.js';
import { refuseUnknown } from '../peft-format.js';
import { readWeights, requireFile, type FloatTensor, type Weights } from '../weights.js';

export const FUSION_CONFIG = 'adapter_fusion_config.json';
export const FUSION_WEIGHTS = 'model_adapter_fusion.safetensors';

const CONTAINER = 'adapter_fusion_layer';
const inTraining = ignored('used only in training');

/** Keys of a fusion's own `config`. */
export const FUSION_KEYS: KeyRules = {
  architecture: off('a fusion has no architecture'),
  key: honoured,
  query: honoured,
  value: honoured,
  query_before_ln: off('the query is what the bottlenecks read'),
  residual_before: off('the values are the outputs of bottlenecks alone'),
  temperature: off('its softmax would depend on how often it ran'),
  value_before_softmax: ignored('V is linear: before the sum and after it are the same'),
  regularization: inTraining,
  value_initialized: inTraining,
  dropout_prob: inTraining,
};

/** What AdapterHub writes by these names in the place of a `config`. */
const PRESETS: Readonly<Record<string, Config>> = {
  static: toConfig({ key: true, query: true, value: false }),
  dynamic: toConfig({ key: true, query: true, value: true }),
};

/** An AdapterFusion of AdapterHub: tensors by the module that they hang on and by the rest of their name. */
export interface HubFusion {
  readonly config: Config;
  /** Names of its bottlenecks, in order. */
  readonly members: readonly string[];
  readonly modules: ReadonlyMap<string, Weights>;
  readonly head?: HubHead;
}

/** `adapter_fusion_config.json`, a preset that it names put out; undefined where there is none. */
export function readFusionConfig(files: AdapterFiles): Config | undefined {
  const bytes = files.get(FUSION_CONFIG);
  if (bytes === undefined) return undefined;
  const config = parseConfig(bytes, FUSION_CONFIG);
  const own = config.get('config');
  if (typeof own !== 'string') return config;
  if (Object.hasOwn(PRESETS, own)) return new Map([...config, ['config', PRESETS[own]!]]);
  const rule = `config: must be an object or one of ${Object.keys(PRESETS).join(', ')}, got ${show(own)}`;
  throw new IncompatibleAdapterError(rule, { param: 'config' });
}

/**
 * Sorts tensors `<module>.adapter_fusion_layer.<a,b>.<rest>` by module.
 *
 * @throws ValidationError | IncompatibleAdapterError  for damaged files, tensors of another fusion, a head without tensors
 */
export function readHubFusion(files: AdapterFiles, config: Config): HubFusion {
  const name = stringKey(config, 'name');
  const marker = `.${CONTAINER}.${name}.`;
  const modules = new Map<string, Map<string, FloatTensor>>();
  const unknown: string[] = [];
  for (const [key, value] of readWeights(requireFile(files, FUSION_WEIGHTS), FUSION_WEIGHTS)) {
    const at = key.indexOf(marker);
    const module = key.slice(0, at);
    if (at <= 0) unknown.push(key);
    else
      modules.set(
        module,
        (modules.get(module) ?? new Map<string, FloatTensor>()).set(key.slice(at + marker.length), value),
      );
  }
  refuseUnknown(FUSION_WEIGHTS, unknown);
  if (modules.size === 0)
    throw new IncompatibleAdapterError(`${FUSION_WEIGHTS}: must hold tensors of ${show(name)}, got none`, {
      param: 'name',
    });
  const headConfig = files.get(HUB_HEAD_CONFIG);
  const head = headConfig && {
    config: parseConfig(headConfig, HUB_HEAD_CONFIG),
    weights: readWeights(requireFile(files, HUB_HEAD_WEIGHTS), HUB_HEAD_WEIGHTS),
  };
  return { config, members: name.split(','), modules, ...(head && { head }) };
}

/** The files that AdapterHub reads back beside adapters of the members' names. */
export function hubFusionFiles({ config, modules, head }: Omit<HubFusion, 'members'>): AdapterFiles {
  const name = stringKey(config, 'name');
  const weights = new Map<string, FloatTensor>();
  for (const [module, tensors] of modules)
    for (const [rest, value] of tensors) weights.set(`${module}.${CONTAINER}.${name}.${rest}`, value);
  const text = (value: Config): Uint8Array => new TextEncoder().encode(`${canonicalJson(value, 2)}\n`);
  const files = new Map([
    [FUSION_CONFIG, text(config)],
    [FUSION_WEIGHTS, writeSafetensors(weights)],
  ]);
  if (head) files.set(HUB_HEAD_CONFIG, text(head.config)).set(HUB_HEAD_WEIGHTS, writeSafetensors(head.weights));
  return files;
}
