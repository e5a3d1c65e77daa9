import { IncompatibleAdapterError } from '../common/errors.js';
import type { Activation } from '../models/heads.js';
import { show } from './config.js';

/** Names of AdapterHub (those of Hugging Face, and `leakyrelu`) for the functions that we have. */
const NAMES: ReadonlyMap<string, Activation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_new', 'gelu_new'],
  ['gelu_pytorch_tanh', 'gelu_new'],
  ['relu', 'relu'],
  ['relu6', 'relu6'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['tanh', 'tanh'],
  ['sigmoid', 'sigmoid'],
  ['leakyrelu', 'leaky_relu'],
  ['linear', 'identity'],
  ['', 'identity'],
]);

/** @throws IncompatibleAdapterError  for a function that we do not have */
export function hubActivation(key: string, name: string): Activation {
  const found = NAMES.get(name.toLowerCase());
  if (found) return found;
  const known = [...NAMES.keys()].filter((text) => text !== '').join(', ');
  throw new IncompatibleAdapterError(`${key}: must be one of ${known}, got ${show(name)}`, { param: key });
}
