import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { directorySource } from '../models/directory-source.js';
import { openBaseWithTokenizer } from '../models/open.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { prepareDataset, type PrepareOptions } from '../training/datasets/prepare.js';

export interface SourceFile {
  readonly path: string;
  readonly format: 'jsonl' | 'csv';
}

/** A data set to prepare, as it crosses the process border: files in the place of streams. */
export interface DataRequest {
  /** Directory of the base model, whose tokenizer counts lengths. */
  readonly base: string;
  readonly source: SourceFile;
  readonly validation?: SourceFile | undefined;
  readonly options: Omit<PrepareOptions, 'tokenizer' | 'signal' | 'pinned'>;
}

/** Prepares a data set from local files; see `prepareDataset`. */
export async function prepareData(request: DataRequest, signal: AbortSignal): Promise<DataCard> {
  const { base, source, validation, options } = request;
  const { tokenizer } = await openBaseWithTokenizer(directorySource(base));
  const pinned = validation && {
    name: basename(validation.path),
    source: createReadStream(validation.path),
    format: validation.format,
    split: 'validation' as const,
  };
  return prepareDataset(createReadStream(source.path), source.format, {
    ...options,
    ...(pinned && { pinned: [pinned] }),
    tokenizer,
    signal,
  });
}
