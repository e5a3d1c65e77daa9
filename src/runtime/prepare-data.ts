import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { directorySource } from '../models/directory-source.js';
import { openBaseWithTokenizer } from '../models/open.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { prepareDataset, type PinnedSource, type PrepareOptions } from '../training/datasets/prepare.js';

/** Names the test parts of earlier states of the data among the sources of a data card. */
export const FROZEN = 'frozen test rows';

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
  /** Test parts of earlier states of the data, as `prepareDataset` wrote them: their rows stay test rows. */
  readonly frozen?: readonly string[];
  readonly options: Omit<PrepareOptions, 'tokenizer' | 'signal' | 'pinned'>;
}

/** Prepares a data set from local files; see `prepareDataset`. */
export async function prepareData(request: DataRequest, signal: AbortSignal): Promise<DataCard> {
  const { base, source, options } = request;
  const { tokenizer } = await openBaseWithTokenizer(directorySource(base));
  return prepareDataset(createReadStream(source.path), source.format, {
    ...options,
    pinned: pinnedOf(request),
    tokenizer,
    signal,
  });
}

function pinnedOf({ validation, frozen = [] }: DataRequest): PinnedSource[] {
  const tests = frozen.map((path): PinnedSource => ({
    name: FROZEN,
    source: createReadStream(path),
    format: 'jsonl',
    split: 'test',
    columns: {},
  }));
  if (!validation) return tests;
  const { path, format } = validation;
  return [...tests, { name: basename(path), source: createReadStream(path), format, split: 'validation' }];
}
