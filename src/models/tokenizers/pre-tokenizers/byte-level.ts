import { toByteAlphabet } from '../byte-alphabet.js';
import { asBool, type JsonObject, optional } from '../json.js';
import type { NormalizedString } from '../normalized-string.js';
import { prepend } from '../normalizers/prepend.js';
import { compileOniguruma } from '../oniguruma.js';
import { regexPattern } from '../pattern.js';
import { splitInto } from '../split.js';
import type { PreTokenizer } from './pre-tokenizer.js';

/** GPT-2's words: English contractions, then runs of letters, of digits and of others, each with a blank before it. */
const WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const words = regexPattern(compileOniguruma(WORDS, 'pre_tokenizer'));

/** Words in GPT-2's byte alphabet. */
export function buildByteLevel(fields: JsonObject, where: string): PreTokenizer {
  const prefixSpace = asBool(fields['add_prefix_space'], `${where}.add_prefix_space`);
  const useRegex = optional(fields, 'use_regex', where, asBool) ?? true;
  return (source, out) => {
    const text = prefixSpace && !source.text.startsWith(' ') ? prepend(source, ' ') : source;
    const parts: NormalizedString[] = [];
    if (useRegex) splitInto(parts, text, { matches: words(text.text), behavior: 'Isolated' });
    else parts.push(text);
    for (const part of parts) out.push(toByteAlphabet(part));
  };
}
