import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { CsvReader } from '../../training/datasets/read-csv.js';
import type { LabelledText } from './labelled-text.js';

const MAX_ROW_BYTES = 1 << 20;

/** A split of Banking77: Casanueva et al. 2020, arXiv:2003.04807. */
export async function readBanking77(data: string, split: 'train' | 'test' = 'test'): Promise<LabelledText[]> {
  const refuse = (_kind: string, place: () => { line: number }, message: string): never => {
    throw new ValidationError(`banking77: line ${place().line}: ${message}`);
  };
  const reader = new CsvReader({ add: refuse }, { maxRowBytes: MAX_ROW_BYTES });
  const rows: LabelledText[] = [];
  for await (const chunk of createReadStream(join(data, `banking77/${split}.csv`))) {
    for (const { values } of reader.push(chunk as Uint8Array)) rows.push(toRow(values));
  }
  for (const { values } of reader.end()) rows.push(toRow(values));
  return rows;
}

function toRow(values: Readonly<Record<string, unknown>>): LabelledText {
  const { text, category } = values;
  if (typeof text === 'string' && typeof category === 'string') return { text, label: category };
  throw new ValidationError(`banking77: expected the columns text,category, got ${Object.keys(values).join()}`);
}
