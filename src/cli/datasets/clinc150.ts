import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ValidationError } from '../../common/errors.js';
import type { LabelledText } from './labelled-text.js';

const schema = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

/**
 * A split of CLINC150, of the given intents only (a domain's fifteen): Larson et al. 2019, "An Evaluation Dataset
 * for Intent Classification and Out-of-Scope Prediction".
 */
export async function readClinc150(
  data: string,
  intents: readonly string[],
  split: 'train' | 'val' | 'test' = 'test',
): Promise<LabelledText[]> {
  const splits = schema.parse(JSON.parse(await readFile(join(data, 'clinc150/data_full.json'), 'utf8')));
  const rows = splits[split] ?? [];
  return rows.filter(([, label]) => intents.includes(label)).map(([text, label]) => ({ text, label }));
}

const domains = z.record(z.string(), z.array(z.string()));

/** The intents of every domain. */
export async function readClincDomains(data: string): Promise<Readonly<Record<string, readonly string[]>>> {
  return domains.parse(JSON.parse(await readFile(join(data, 'clinc150/domains.json'), 'utf8')));
}

/** The intents of a domain. @throws ValidationError  for a domain that there is not */
export async function readClincDomain(data: string, domain: string): Promise<readonly string[]> {
  const all = await readClincDomains(data);
  const intents = all[domain];
  if (intents !== undefined) return intents;
  throw new ValidationError(`clinc150: expected a domain of ${Object.keys(all).join(', ')}, got ${domain}`);
}
