import { asString, type JsonObject } from '../json.js';
import type { NormalizedString } from '../normalized-string.js';
import type { Normalizer } from './normalizer.js';

/** Puts a prefix before a text that is not empty; the prefix stands for the first character. */
export function prepend(source: NormalizedString, prefix: string): NormalizedString {
  if (source.length === 0 || prefix === '') return source;
  const edit = source.edit();
  edit.insert(prefix, 0);
  edit.copy(0, source.length);
  return edit.finish();
}

export function buildPrepend(fields: JsonObject, where: string): Normalizer {
  const prefix = asString(fields['prepend'], `${where}.prepend`);
  return (source) => prepend(source, prefix);
}
