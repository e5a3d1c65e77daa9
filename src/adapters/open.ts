import { IncompatibleAdapterError, ValidationError } from '../common/errors.js';
import { HUB_HEAD_CONFIG, HUB_HEAD_WEIGHTS, HUB_WEIGHTS, hubMethodConfig, judgeHubKeys } from './adapterhub-format.js';
import { isConfig, parseConfig, show, stringKey, type Config } from './config.js';
import type { AdapterFiles } from './files.js';
import { judgeKeys, type KeyVerdict } from './key-rules.js';
import type { AdapterMethod, AdapterSource } from './methods/method.js';
import { REFUSED_HUB_TYPES, REFUSED_PEFT_TYPES } from './methods/refused.js';
import { METHODS } from './methods/table.js';
import { PEFT_CONFIG, PEFT_WEIGHTS } from './peft-format.js';
import { readWeights, requireFile } from './weights.js';

/** An adapter whose format and method are known; its keys are judged, its tensors not yet read. */
export interface OpenAdapter {
  readonly format: 'peft' | 'adapterhub';
  readonly config: Config;
  readonly headConfig?: Config;
  readonly card?: Config;
  /** As the file names it. */
  readonly type: string;
  readonly method: AdapterMethod;
  readonly verdicts: readonly KeyVerdict[];
  /** Names of the weight files. */
  readonly weightFiles: readonly string[];
}

/**
 * Tells PEFT (`peft_type`) from AdapterHub (`config` and `model_type`), since both write adapter_config.json, and finds
 * the method.
 *
 * @throws ValidationError            when the files are of neither
 * @throws IncompatibleAdapterError   for a method that is not served
 */
export function openAdapter(files: AdapterFiles): OpenAdapter {
  const config = parseConfig(requireFile(files, PEFT_CONFIG), PEFT_CONFIG);
  const cardBytes = files.get('card.json');
  const card = cardBytes && { card: parseConfig(cardBytes, 'card.json') };
  if (config.has('peft_type')) return { ...openPeft(config), ...card };
  if (isConfig(config.get('config'))) return { ...openHub(config, files), ...card };
  const keys = [...config.keys()].slice(0, 8).join(', ');
  const rule = `${PEFT_CONFIG}: must have peft_type (PEFT) or config and model_type (AdapterHub), got keys ${keys}`;
  throw new ValidationError(rule, { param: PEFT_CONFIG });
}

function openPeft(config: Config): OpenAdapter {
  const type = stringKey(config, 'peft_type');
  const method = findMethod('peft', type, REFUSED_PEFT_TYPES, 'peft_type');
  return {
    format: 'peft',
    config,
    type,
    method,
    verdicts: judgeKeys(config, method.keys),
    weightFiles: [PEFT_WEIGHTS],
  };
}

function openHub(config: Config, files: AdapterFiles): OpenAdapter {
  const type = stringKey(hubMethodConfig(config), 'architecture', 'bottleneck');
  const method = findMethod('adapterhub', type, REFUSED_HUB_TYPES, 'architecture');
  const headBytes = files.get(HUB_HEAD_CONFIG);
  const headConfig = headBytes && parseConfig(headBytes, HUB_HEAD_CONFIG);
  return {
    format: 'adapterhub',
    config,
    ...(headConfig && { headConfig }),
    type,
    method,
    verdicts: judgeHubKeys(config, method.keys, headConfig),
    weightFiles: headConfig ? [HUB_WEIGHTS, HUB_HEAD_WEIGHTS] : [HUB_WEIGHTS],
  };
}

function findMethod(
  format: OpenAdapter['format'],
  type: string,
  refused: Readonly<Record<string, string>>,
  key: string,
): AdapterMethod {
  const method = METHODS.find((known) => known.format === format && known.type === type);
  if (method) return method;
  const known = METHODS.filter((other) => other.format === format).map((other) => other.type);
  const reason = Object.hasOwn(refused, type) ? ` (${refused[type]!})` : '';
  throw new IncompatibleAdapterError(`${key}: must be one of ${known.join(', ')}, got ${show(type)}${reason}`, {
    param: key,
  });
}

/** Reads the tensors of an open adapter. */
export function sourceOf(opened: OpenAdapter, files: AdapterFiles): AdapterSource {
  const [weights = '', headWeights] = opened.weightFiles;
  const head =
    opened.headConfig && headWeights
      ? { config: opened.headConfig, weights: readWeights(requireFile(files, headWeights), headWeights) }
      : undefined;
  return { config: opened.config, weights: readWeights(requireFile(files, weights), weights), ...(head && { head }) };
}
