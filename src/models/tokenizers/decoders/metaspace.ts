import type { JsonObject } from '../json.js';
import { readMetaspace } from '../metaspace-options.js';
import type { Decoder } from './decoder.js';

/** `▁` back to blanks; in the first token it was put there and goes. */
export function buildMetaspaceDecoder(fields: JsonObject, where: string): Decoder {
  const { replacement, prepend } = readMetaspace(fields, where);
  return (tokens) =>
    tokens.map((token, i) => token.replaceAll(replacement, i === 0 && prepend !== 'never' ? '' : ' '));
}
