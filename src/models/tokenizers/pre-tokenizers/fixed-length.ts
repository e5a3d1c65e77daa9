import { unitsOf } from '../characters.js';
import { asCount, type JsonObject, optional, refuse } from '../json.js';
import type { PreTokenizer } from './pre-tokenizer.js';

/** Pieces of `length` code points. */
export function buildFixedLength(fields: JsonObject, where: string): PreTokenizer {
  const length = optional(fields, 'length', where, asCount) ?? 5;
  if (length === 0) return refuse(`${where}.length`, 'an integer from 1', length);
  return (source, out) => {
    const { text } = source;
    let start = 0;
    let points = 0;
    for (let i = 0; i < text.length; ) {
      i += unitsOf(text.codePointAt(i)!);
      if (++points < length && i < text.length) continue;
      out.push(source.slice(start, i));
      start = i;
      points = 0;
    }
  };
}
