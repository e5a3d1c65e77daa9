import { asBool, asString, type JsonObject, optional } from '../json.js';
import { cleanUpToken } from './clean-up.js';
import type { Decoder } from './decoder.js';

/** Connectionist temporal classification: repeated tokens are one, padding goes, a delimiter stands between words. */
export function buildCtc(fields: JsonObject, where: string): Decoder {
  const pad = optional(fields, 'pad_token', where, asString) ?? '<pad>';
  const delimiter = optional(fields, 'word_delimiter_token', where, asString) ?? '|';
  const isCleaned = optional(fields, 'cleanup', where, asBool) ?? true;
  return (tokens) =>
    tokens
      .filter((token, i) => i === 0 || token !== tokens[i - 1])
      .map((token) => token.replaceAll(pad, ''))
      .map((token) => (isCleaned ? cleanUpToken(token).replaceAll(delimiter, ' ') : token))
      .filter((token) => token !== '');
}
