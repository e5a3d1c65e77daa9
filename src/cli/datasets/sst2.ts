import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { linesOf, type LabelledText } from './labelled-text.js';

const LABELS: Readonly<Record<string, string>> = { 0: 'negative', 1: 'positive' };

/** A split of SST-2, a sentence and 0 or 1 on each line: Socher et al. 2013, "Recursive Deep Models …". */
export async function readSst2(data: string, split: 'train' | 'dev' | 'test' = 'test'): Promise<LabelledText[]> {
  const file = await readFile(join(data, `sst2/SST2/${split}.tsv`), 'utf8');
  return linesOf(file).map((line, at) => {
    const [text = '', digit = ''] = line.split('\t');
    const label = LABELS[digit];
    if (label === undefined)
      throw new ValidationError(`sst2: line ${at + 1}: expected 0 or 1 after a tab, got ${line}`);
    return { text, label };
  });
}
