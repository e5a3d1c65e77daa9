import { isDropped, isIdeograph, isNonspacingMark, isWhitespace } from '../characters.js';
import { asBool, type JsonObject, optional } from '../json.js';
import type { NormalizedString } from '../normalized-string.js';
import { mapCharacters } from '../transform.js';
import { lowercase } from './lowercase.js';
import type { Normalizer } from './normalizer.js';
import { canonicalDecomposition } from './unicode-form.js';

const NEEDS_CLEANING = /[^ -~\xa1-\xac\xae-\u02ff\u0391-\u03a1\u03a3-\u0481\u4e00-\u9fff]/;
const MAY_BE_IDEOGRAPH = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ud800-\udfff]/;

/** BERT's cleaning: control characters go, every white space becomes a blank. */
function clean(text: NormalizedString): NormalizedString {
  if (!NEEDS_CLEANING.test(text.text)) return text;
  return mapCharacters(text, (char, point) => {
    if (isDropped(point)) return '';
    return isWhitespace(point) ? ' ' : char;
  });
}

/** Puts blanks around CJK ideographs, so that each is a word. */
function separateIdeographs(text: NormalizedString): NormalizedString {
  if (!MAY_BE_IDEOGRAPH.test(text.text)) return text;
  return mapCharacters(text, (char, point) => (isIdeograph(point) ? ` ${char} ` : char));
}

function stripAccents(text: NormalizedString): NormalizedString {
  return mapCharacters(canonicalDecomposition(text), (char, point) => (isNonspacingMark(point) ? '' : char));
}

/** Text normalization of BERT. `strip_accents` null means as `lowercase`. */
export function buildBertNormalizer(fields: JsonObject, where: string): Normalizer {
  const cleanText = optional(fields, 'clean_text', where, asBool) ?? true;
  const ideographs = optional(fields, 'handle_chinese_chars', where, asBool) ?? true;
  const lower = optional(fields, 'lowercase', where, asBool) ?? true;
  const accents = optional(fields, 'strip_accents', where, asBool) ?? lower;
  return (text) => {
    if (cleanText) text = clean(text);
    if (ideographs) text = separateIdeographs(text);
    if (accents) text = stripAccents(text);
    return lower ? lowercase(text) : text;
  };
}
