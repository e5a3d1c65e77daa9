import { asString, type JsonObject, optional } from '../json.js';
import type { Decoder } from './decoder.js';

/** The suffix that ends a word becomes a blank, but for the last one. */
export function buildBpeDecoder(fields: JsonObject, where: string): Decoder {
  const suffix = optional(fields, 'suffix', where, asString) ?? '</w>';
  return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
}
