import { asString, type JsonObject } from '../json.js';
import { buildPattern } from '../pattern.js';
import type { Normalizer } from './normalizer.js';

/** Replaces every match of a pattern by a fixed text, which stands for the last character of the match. */
export function buildReplace(fields: JsonObject, where: string): Normalizer {
  const find = buildPattern(fields['pattern'], `${where}.pattern`);
  const content = asString(fields['content'], `${where}.content`);
  return (source) => {
    const matches = find(source.text);
    if (matches.length === 0) return source;
    const edit = source.edit();
    let done = 0;
    for (let i = 0; i < matches.length; i += 2) {
      edit.copy(done, matches[i]!);
      done = matches[i + 1]!;
      if (content !== '') edit.insert(content, done - 1);
    }
    edit.copy(done, source.length);
    return edit.finish();
  };
}
