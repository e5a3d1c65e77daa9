import { IncompatibleAdapterError, ValidationError } from '../common/errors.js';
import type { HeadLabels } from '../models/heads.js';
import { HUB_HEAD_CONFIG, HUB_HEAD_WEIGHTS, HUB_WEIGHTS, hubMethodConfig, judgeHubKeys } from './adapterhub-format.js';
import { isConfig, parseConfig, show, stringKey, type Config } from './config.js';
import type { AdapterFiles } from './files.js';
import { judgeKeys, type KeyVerdict } from './key-rules.js';
import { cardProblem } from './labels.js';
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
  /** How labels are scored, as card.json says it. */
  readonly problem?: HeadLabels['problem'];
  /** As the file names it. */
  readonly type: string;
  readonly method: AdapterMethod;
  readonly verdicts: readonly KeyVerdict[];
  /** Names of the weight files. */
  readonly weightFiles: readonly string[];
}

/** What adapter_config.json says it is. */
export interface AdapterIdentity {
  readonly format: 'peft' | 'adapterhub';
  /** `peft_type`, or AdapterHub's architecture. */
  readonly type: string;
  readonly config: Config;
}

/**
 * Tells PEFT (`peft_type`) from AdapterHub (an object `config`), since both write adapter_config.json.
 *
 * @throws ValidationError  when the files are of neither
 */
export function identifyAdapter(files: AdapterFiles): AdapterIdentity {
  const config = parseConfig(requireFile(files, PEFT_CONFIG), PEFT_CONFIG);
  if (config.has('peft_type')) return { format: 'peft', type: stringKey(config, 'peft_type'), config };
  if (isConfig(config.get('config'))) {
    return { format: 'adapterhub', type: stringKey(hubMethodConfig(config), 'architecture', 'bottleneck'), config };
  }
  const keys = [...config.keys()].slice(0, 8).join(', ') || 'none';
  const rule = `${PEFT_CONFIG}: must have peft_type (PEFT) or an object config (AdapterHub), got keys ${keys}`;
  throw new ValidationError(rule, { param: PEFT_CONFIG });
}

/**
 * Finds the method of an adapter and judges its keys.
 *
 * @throws ValidationError            for files that are no adapter
 * @throws IncompatibleAdapterError   for a method that is not served
 */
export function openAdapter(files: AdapterFiles): OpenAdapter {
  const { format, type, config } = identifyAdapter(files);
  const isPeft = format === 'peft';
  const method = isPeft
    ? findMethod(format, type, REFUSED_PEFT_TYPES, 'peft_type')
    : findMethod(format, type, REFUSED_HUB_TYPES, 'architecture');
  const card = parseFile(files, 'card.json');
  const problem = cardProblem(card);
  const headConfig = isPeft ? undefined : parseFile(files, HUB_HEAD_CONFIG);
  return {
    format,
    type,
    config,
    ...(card && { card }),
    ...(problem && { problem }),
    ...(headConfig && { headConfig }),
    method,
    verdicts: isPeft ? judgeKeys(config, method.keys) : judgeHubKeys(config, method.keys, headConfig),
    weightFiles: isPeft ? [PEFT_WEIGHTS] : headConfig ? [HUB_WEIGHTS, HUB_HEAD_WEIGHTS] : [HUB_WEIGHTS],
  };
}

function parseFile(files: AdapterFiles, name: string): Config | undefined {
  const bytes = files.get(name);
  return bytes && parseConfig(bytes, name);
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
