import type { JsonObject } from '../json.js';
import { readMetaspace } from '../metaspace-options.js';
import type { NormalizedString } from '../normalized-string.js';
import { prepend } from '../normalizers/prepend.js';
import { stringPattern } from '../pattern.js';
import { splitInto } from '../split.js';
import type { PreTokenizer } from './pre-tokenizer.js';

/** SentencePiece's words: every blank becomes `▁`, and each `▁` begins a word. */
export function buildMetaspace(fields: JsonObject, where: string): PreTokenizer {
  const options = readMetaspace(fields, where);
  const marks = stringPattern(options.replacement);
  const withPrefix = (text: NormalizedString): NormalizedString => {
    if (options.prepend === 'never' || text.text.startsWith(options.replacement)) return text;
    return options.prepend === 'always' || text.originalStart(0) === 0 ? prepend(text, options.replacement) : text;
  };
  return (source, out) => {
    const text = withPrefix(source.withText(source.text.replaceAll(' ', options.replacement)));
    if (options.split) splitInto(out, text, { matches: marks(text.text), behavior: 'MergedWithNext' });
    else if (text.length > 0) out.push(text);
  };
}
