import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LabelledText } from './labelled-text.js';

const schema = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

/**
 * The test split of CLINC150, of the given intents only (a domain's fifteen): Larson et al. 2019, "An Evaluation Dataset
 * for Intent Classification and Out-of-Scope Prediction".
 */
export async function readClinc150(data: string, intents: readonly string[]): Promise<LabelledText[]> {
  const splits = schema.parse(JSON.parse(await readFile(join(data, 'clinc150/data_full.json'), 'utf8')));
  const test = splits['test'] ?? [];
  return test.filter(([, label]) => intents.includes(label)).map(([text, label]) => ({ text, label }));
}
