import { isWhitespace } from '../characters.js';
import { asBool, type JsonObject } from '../json.js';
import type { Normalizer } from './normalizer.js';

/** Removes white space at the ends. */
export function buildStrip(fields: JsonObject, where: string): Normalizer {
  const left = asBool(fields['strip_left'], `${where}.strip_left`);
  const right = asBool(fields['strip_right'], `${where}.strip_right`);
  return (source) => {
    const { text } = source;
    let start = 0;
    let end = text.length;
    while (left && start < end && isWhitespace(text.charCodeAt(start))) start++;
    while (right && end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
    return source.slice(start, end);
  };
}
