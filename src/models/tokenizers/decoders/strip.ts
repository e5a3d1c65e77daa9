import { asChar, asCount, type JsonObject } from '../json.js';
import type { Decoder } from './decoder.js';

/** Takes up to `start` and `stop` times a character off the ends of every token. */
export function buildStripDecoder(fields: JsonObject, where: string): Decoder {
  const content = asChar(fields['content'], `${where}.content`);
  const atStart = asCount(fields['start'], `${where}.start`);
  const atStop = asCount(fields['stop'], `${where}.stop`);
  return (tokens) =>
    tokens.map((token) => {
      let text = token;
      for (let i = 0; i < atStart && text.startsWith(content); i++) text = text.slice(content.length);
      for (let i = 0; i < atStop && text.endsWith(content); i++) text = text.slice(0, -content.length);
      return text;
    });
}
