import { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { bertTokenizerConfig, bertTokenizerJson } from './bert-tokenizer-file.js';
import { corpusFiles, CorpusEncoder, readTexts } from './corpus.js';
import type { PretrainConfig } from './sizes.js';
import { WordCounts } from './word-counts.js';
import { trainWordPiece } from './wordpiece-trainer.js';

/** A corpus as numbers, with the tokenizer learned from it. */
export interface PreparedCorpus {
  /** By id. */
  readonly tokens: readonly string[];
  readonly texts: readonly Int32Array[];
}

/** Reads the corpus twice: for its words, and once the tokenizer is learned for its tokens. */
export async function prepareCorpus(directory: string, config: PretrainConfig): Promise<PreparedCorpus> {
  const files = await corpusFiles(directory);
  const counts = new WordCounts();
  for await (const text of readTexts(files)) counts.add(text);
  const tokens = trainWordPiece(counts.words(), { vocabSize: config.vocab });
  const encoder = new CorpusEncoder(
    Tokenizer.fromJson(bertTokenizerJson(tokens), bertTokenizerConfig(config.positions)),
  );
  const texts: Int32Array[] = [];
  for await (const text of readTexts(files)) texts.push(encoder.encode(text));
  return { tokens, texts };
}

/** Share of each token in the texts. */
export function tokenShares(texts: readonly Int32Array[], vocab: number): Float64Array {
  const shares = new Float64Array(vocab);
  for (const text of texts) for (const token of text) shares[token]!++;
  const all = texts.reduce((sum, text) => sum + text.length, 0);
  return shares.map((count) => count / Math.max(1, all));
}
