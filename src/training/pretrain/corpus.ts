import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { chunksOf } from './word-counts.js';

/** Paths of the .txt files of a directory, by name. @throws ValidationError  when there is none */
export async function corpusFiles(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.txt')).sort();
  if (names.length === 0) throw new ValidationError(`corpus: expected .txt files in ${directory}, got none`);
  return names.map((name) => join(directory, name));
}

/** One text at a time, so that a corpus is never in memory as a whole. */
export async function* readTexts(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) yield await readFile(file, 'utf8');
}

/**
 * Texts as tokens without special ones, each text one array. Each different chunk between spaces is tokenized once, which
 * gives what the tokenizer gives for the whole: BERT's tokenizer reads no further than a space.
 */
export class CorpusEncoder {
  private readonly known = new Map<string, Int32Array>();

  constructor(private readonly tokenizer: Tokenizer) {}

  encode(text: string): Int32Array {
    const parts = chunksOf(text).map((chunk) => this.chunk(chunk));
    const ids = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      ids.set(part, at);
      at += part.length;
    }
    return ids;
  }

  private chunk(chunk: string): Int32Array {
    const known = this.known.get(chunk);
    if (known) return known;
    const ids = Int32Array.from(this.tokenizer.encode(chunk, { addSpecialTokens: false }).ids);
    this.known.set(chunk, ids);
    return ids;
  }
}
