import { readClinc150, readClincDomains } from '../../datasets/clinc150.js';
import type { LabelledText } from '../../datasets/labelled-text.js';

/** One domain of CLINC150, which stands for a tenant. */
export interface Domain {
  readonly name: string;
  readonly train: readonly LabelledText[];
  readonly validation: readonly LabelledText[];
  readonly test: readonly LabelledText[];
}

/** All ten, in the order of their names. */
export async function readDomains(data: string): Promise<Domain[]> {
  const intents = Object.entries(await readClincDomains(data)).sort(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(
    intents.map(async ([name, own]) => {
      const read = (split: 'train' | 'val' | 'test') => readClinc150(data, own, split);
      return { name, train: await read('train'), validation: await read('val'), test: await read('test') };
    }),
  );
}

/** The intents of all domains, sorted: the outputs of the shared head. */
export function labelsOf(domains: readonly Domain[]): string[] {
  return [...new Set(domains.flatMap(({ train }) => train.map(({ label }) => label)))].sort();
}
