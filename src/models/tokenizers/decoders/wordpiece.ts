import { asBool, asString, type JsonObject } from '../json.js';
import { cleanUpToken } from './clean-up.js';
import type { Decoder } from './decoder.js';

/** Joins `##` pieces to the token before, all others with a blank. */
export function buildWordPieceDecoder(fields: JsonObject, where: string): Decoder {
  const prefix = asString(fields['prefix'], `${where}.prefix`);
  const isCleaned = asBool(fields['cleanup'], `${where}.cleanup`);
  const join = (token: string, i: number): string => {
    if (i === 0) return token;
    return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  };
  return (tokens) => tokens.map((token, i) => (isCleaned ? cleanUpToken(join(token, i)) : join(token, i)));
}
