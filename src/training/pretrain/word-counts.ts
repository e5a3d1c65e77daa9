import { NormalizedString } from '../../models/tokenizers/normalized-string.js';
import { buildNormalizer } from '../../models/tokenizers/normalizers/build-normalizer.js';
import { buildPreTokenizer } from '../../models/tokenizers/pre-tokenizers/build-pre-tokenizer.js';
import { BERT_NORMALIZER, BERT_PRE_TOKENIZER } from './bert-tokenizer-file.js';

/** What the normalizer and the pre-tokenizer of BERT both take for the end of a word, so that parts can be done apart. */
const SPACES = /[\t\n\r\p{Z}]+/u;

/** The parts of a text between spaces. */
export function chunksOf(text: string): string[] {
  return text.split(SPACES).filter((chunk) => chunk !== '');
}

/**
 * Words of texts as BERT's tokenizer sees them (normalized, punctuation apart), with how often each comes. Each different
 * chunk between spaces is normalized once, whatever the length of the text.
 */
export class WordCounts {
  private readonly chunks = new Map<string, number>();

  add(text: string): void {
    for (const chunk of chunksOf(text)) this.chunks.set(chunk, (this.chunks.get(chunk) ?? 0) + 1);
  }

  words(): Map<string, number> {
    const [normalize, preTokenize] = [buildNormalizer(BERT_NORMALIZER), buildPreTokenizer(BERT_PRE_TOKENIZER)];
    const counts = new Map<string, number>();
    for (const [chunk, count] of this.chunks) {
      const words: NormalizedString[] = [];
      preTokenize(normalize(NormalizedString.of(chunk)), words);
      for (const { text } of words) counts.set(text, (counts.get(text) ?? 0) + count);
    }
    return counts;
  }
}
