import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { parseCsv } from './csv.js';
import type { LabelledText } from './labelled-text.js';

/** A split of Banking77: Casanueva et al. 2020, arXiv:2003.04807. */
export async function readBanking77(data: string, split: 'train' | 'test' = 'test'): Promise<LabelledText[]> {
  const [header, ...rows] = parseCsv(await readFile(join(data, `banking77/${split}.csv`), 'utf8'));
  if (header?.join() !== 'text,category') {
    throw new ValidationError(`banking77: expected the columns text,category, got ${header?.join() ?? 'none'}`);
  }
  return rows.map(([text = '', label = '']) => ({ text, label }));
}
