import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { linesOf, type LabelledText } from './labelled-text.js';

/** The test split of SNIPS: a text and its intent on the same line of two files. Coucke et al. 2018, arXiv:1805.10190. */
export async function readSnips(data: string): Promise<LabelledText[]> {
  const read = async (file: string): Promise<string[]> =>
    linesOf(await readFile(join(data, 'atis_snips/snips/test', file), 'utf8'));
  const [texts, labels] = await Promise.all([read('seq.in'), read('label')]);
  if (texts.length !== labels.length) {
    throw new ValidationError(`snips: expected a label for each of ${texts.length} texts, got ${labels.length}`);
  }
  return texts.map((text, at) => ({ text: text.trim(), label: (labels[at] ?? '').trim() }));
}
