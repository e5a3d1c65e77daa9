import { asString, type JsonObject } from '../json.js';
import { buildPattern } from '../pattern.js';
import type { Decoder } from './decoder.js';

/** Replaces every match of a pattern, token by token. */
export function buildReplaceDecoder(fields: JsonObject, where: string): Decoder {
  const find = buildPattern(fields['pattern'], `${where}.pattern`);
  const content = asString(fields['content'], `${where}.content`);
  return (tokens) =>
    tokens.map((token) => {
      const matches = find(token);
      let text = '';
      let done = 0;
      for (let i = 0; i < matches.length; i += 2) {
        text += token.slice(done, matches[i]) + content;
        done = matches[i + 1]!;
      }
      return text + token.slice(done);
    });
}
