import { toByteAlphabet } from '../byte-alphabet.js';
import { asArray, buildTagged, type Builder, type JsonObject } from '../json.js';
import { buildBertNormalizer } from './bert.js';
import { lowercase } from './lowercase.js';
import { nmt } from './nmt.js';
import type { Normalizer } from './normalizer.js';
import { buildPrecompiled } from './precompiled.js';
import { buildPrepend } from './prepend.js';
import { buildReplace } from './replace.js';
import { buildStrip } from './strip.js';
import { stripAccents } from './strip-accents.js';
import { unicodeForm } from './unicode-form.js';

const BUILDERS: Readonly<Record<string, Builder<Normalizer>>> = {
  BertNormalizer: buildBertNormalizer,
  ByteLevel: () => toByteAlphabet,
  Lowercase: () => lowercase,
  NFC: () => unicodeForm('NFC'),
  NFD: () => unicodeForm('NFD'),
  NFKC: () => unicodeForm('NFKC'),
  NFKD: () => unicodeForm('NFKD'),
  Nmt: () => nmt,
  Precompiled: buildPrecompiled,
  Prepend: buildPrepend,
  Replace: buildReplace,
  Sequence: buildSequence,
  Strip: buildStrip,
  StripAccents: () => stripAccents,
};

export function buildNormalizer(json: unknown, where = 'normalizer'): Normalizer {
  return buildTagged(BUILDERS, json, where);
}

function buildSequence(fields: JsonObject, where: string): Normalizer {
  const steps = asArray(fields['normalizers'], `${where}.normalizers`).map((step, i) =>
    buildNormalizer(step, `${where}.normalizers[${i}]`),
  );
  return (text) => steps.reduce((result, step) => step(result), text);
}
