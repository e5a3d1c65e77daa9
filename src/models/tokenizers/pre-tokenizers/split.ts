import { isNumeric, isPunctuation } from '../characters.js';
import { asBool, asChar, type JsonObject, optional } from '../json.js';
import { buildPattern, characterPattern, type Pattern, stringPattern } from '../pattern.js';
import { asSplitBehavior, type SplitBehavior, splitInto } from '../split.js';
import type { PreTokenizer } from './pre-tokenizer.js';

function splitter(find: Pattern, behavior: SplitBehavior, invert = false): PreTokenizer {
  return (source, out) => splitInto(out, source, { matches: find(source.text), behavior, invert });
}

/** Cuts at a text or regular expression. */
export function buildSplit(fields: JsonObject, where: string): PreTokenizer {
  const find = buildPattern(fields['pattern'], `${where}.pattern`);
  const behavior = asSplitBehavior(fields['behavior'], `${where}.behavior`);
  return splitter(find, behavior, asBool(fields['invert'], `${where}.invert`));
}

export function buildPunctuation(fields: JsonObject, where: string): PreTokenizer {
  const behavior = optional(fields, 'behavior', where, asSplitBehavior) ?? 'Isolated';
  return splitter(characterPattern(isPunctuation), behavior);
}

/** Cuts out runs of digits, or every digit alone. */
export function buildDigits(fields: JsonObject, where: string): PreTokenizer {
  const isIndividual = asBool(fields['individual_digits'], `${where}.individual_digits`);
  return splitter(characterPattern(isNumeric), isIndividual ? 'Isolated' : 'Contiguous');
}

export function buildCharDelimiter(fields: JsonObject, where: string): PreTokenizer {
  return splitter(stringPattern(asChar(fields['delimiter'], `${where}.delimiter`)), 'Removed');
}
