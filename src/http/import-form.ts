import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ValidationError } from '../common/errors.js';
import { ImportFields } from './schemas/adapters.js';
import type { Upload } from './upload.js';
import { parseWith } from './validation.js';

const CARD = 'card.json';

/** The fields of an import, `labels` read as JSON. */
export function readImportFields({ fields }: Pick<Upload, 'fields'>): z.output<typeof ImportFields> {
  const values: Record<string, unknown> = Object.fromEntries(fields);
  if (typeof values['labels'] === 'string') values['labels'] = parseJson(values['labels'], 'labels');
  return parseWith(ImportFields, values);
}

/**
 * Puts what the fields say of task and labels into the upload's card.json, where the compiler reads it; they win over an
 * uploaded card. So a version holds all that its answers depend on, and its digest covers it.
 */
export async function writeCard(
  upload: Upload,
  { task, problem, labels }: z.output<typeof ImportFields>,
): Promise<void> {
  const said = Object.entries({ task, problem, labels }).filter(([, value]) => value !== undefined);
  if (said.length === 0) return;
  const path = join(upload.directory, CARD);
  const hasCard = upload.files.some(({ name }) => name === CARD);
  const card = hasCard ? parseJson(await readFile(path, 'utf8'), CARD) : {};
  if (card === null || typeof card !== 'object' || Array.isArray(card)) {
    throw new ValidationError(`${CARD}: expected a JSON object`, { param: 'files' });
  }
  await writeFile(path, `${JSON.stringify({ ...card, ...Object.fromEntries(said) }, null, 2)}\n`);
}

function parseJson(text: string, param: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ValidationError(`${param}: expected JSON, got ${text.slice(0, 80)}`, { param, cause });
  }
}
