import { FAMILIES } from '../models/families.js';
import type { AdapterBase } from './adapter-base.js';
import type { Places } from './places.js';

/** Modules that a base may have and that no adapter of ours can reach, each with the reason. */
const REASONS: Readonly<Record<string, string>> = {
  qa_outputs: 'question answering is not served',
  score: 'a decoder’s classification head; this base is an encoder',
  embeddings_project: 'the projection of the embeddings is shared and has no site',
  'encoder.relative_attention_bias': 'the relative attention bias is shared and has no site',
  'cls.seq_relationship': 'next-sentence prediction is not served',
  discriminator_predictions: 'ELECTRA’s discriminator is not served',
};

/** The message for a module that is no place of the base. */
export function unservedModule(path: string, places: Places, base: AdapterBase): string {
  const module = places.canonical(path);
  const family = base.config.family;
  const known = Object.entries(REASONS).find(([name]) => module === name || module.startsWith(`${name}.`));
  if (known) return `${path}: must be a module that adapters may touch, got ${known[0]} (${known[1]})`;
  const other = FAMILIES.find(({ prefix }) => prefix !== places.family.prefix && path.startsWith(prefix));
  if (other) return `${path}: must be a module of a ${family} base, got one of ${other.name}`;
  const layer = /\.layer\.(\d+)\./.exec(path)?.[1];
  if (layer !== undefined && Number(layer) >= base.config.layers) {
    return `${path}: layer must be below ${base.config.layers}, got ${layer}`;
  }
  return `${path}: must be a module of a ${family} base, got an unknown one`;
}
