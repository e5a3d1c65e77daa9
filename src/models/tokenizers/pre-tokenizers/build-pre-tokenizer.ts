import { asArray, buildTagged, type Builder, type JsonObject } from '../json.js';
import type { NormalizedString } from '../normalized-string.js';
import { bertPreTokenizer } from './bert.js';
import { buildByteLevel } from './byte-level.js';
import { buildFixedLength } from './fixed-length.js';
import { buildMetaspace } from './metaspace.js';
import type { PreTokenizer } from './pre-tokenizer.js';
import { buildCharDelimiter, buildDigits, buildPunctuation, buildSplit } from './split.js';
import { unicodeScripts } from './unicode-scripts.js';
import { whitespacePreTokenizer, whitespaceSplit } from './whitespace.js';

const BUILDERS: Readonly<Record<string, Builder<PreTokenizer>>> = {
  BertPreTokenizer: () => bertPreTokenizer,
  ByteLevel: buildByteLevel,
  CharDelimiterSplit: buildCharDelimiter,
  Delimiter: buildCharDelimiter,
  Digits: buildDigits,
  FixedLength: buildFixedLength,
  Metaspace: buildMetaspace,
  Punctuation: buildPunctuation,
  Sequence: buildSequence,
  Split: buildSplit,
  UnicodeScripts: () => unicodeScripts,
  Whitespace: () => whitespacePreTokenizer,
  WhitespaceSplit: () => whitespaceSplit,
};

export function buildPreTokenizer(json: unknown, where = 'pre_tokenizer'): PreTokenizer {
  return buildTagged(BUILDERS, json, where);
}

function buildSequence(fields: JsonObject, where: string): PreTokenizer {
  const steps = asArray(fields['pretokenizers'], `${where}.pretokenizers`).map((step, i) =>
    buildPreTokenizer(step, `${where}.pretokenizers[${i}]`),
  );
  return (source, out) => {
    let words = [source];
    for (const step of steps) {
      const next: NormalizedString[] = [];
      for (const word of words) step(word, next);
      words = next;
    }
    for (const word of words) out.push(word);
  };
}
