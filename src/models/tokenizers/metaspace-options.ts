import { asBool, asChar, type JsonObject, optional, refuse } from './json.js';

export interface MetaspaceOptions {
  /** The visible character that stands for a blank, `▁`. */
  readonly replacement: string;
  /** Whether a text gets one in front: always, only at the start of the input, or never. */
  readonly prepend: 'always' | 'first' | 'never';
  readonly split: boolean;
}

/** Reads the fields of Metaspace, of pre-tokenizer and decoder alike; `add_prefix_space` is the older spelling. */
export function readMetaspace(fields: JsonObject, where: string): MetaspaceOptions {
  const scheme = fields['prepend_scheme'] ?? 'always';
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never') {
    return refuse(`${where}.prepend_scheme`, 'always, first or never', scheme);
  }
  const isOff = optional(fields, 'add_prefix_space', where, asBool) === false;
  if (isOff && scheme !== 'never' && fields['prepend_scheme'] !== undefined) {
    return refuse(`${where}.prepend_scheme`, 'never, as add_prefix_space is false', scheme);
  }
  return {
    replacement: asChar(fields['replacement'], `${where}.replacement`),
    prepend: isOff ? 'never' : scheme,
    split: optional(fields, 'split', where, asBool) ?? true,
  };
}
