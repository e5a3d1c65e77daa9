import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { fromDirectory } from '../../adapters/files.js';
import { ValidationError } from '../../common/errors.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import type { ApiClient } from '../api-client.js';
import { readBanking77 } from '../datasets/banking77.js';
import { readClinc150 } from '../datasets/clinc150.js';
import type { LabelledText } from '../datasets/labelled-text.js';
import { readSnips } from '../datasets/snips.js';
import { readSst2 } from '../datasets/sst2.js';
import { cutText } from './cut-text.js';

/** The base that the adapters were trained on. */
export const BASE = fileURLToPath(new URL('../../../models/tessera-tiny/', import.meta.url));

/** Texts of one request. */
export const INPUTS = 64;

const cardSchema = z.object({
  name: z.string(),
  labels: z.array(z.string()),
  max_length: z.int(),
  test_accuracy: z.number(),
  test_rows: z.int(),
});
export type Card = z.infer<typeof cardSchema>;

/** An adapter with the whole test set that its card speaks of. */
export interface AdapterTest {
  readonly directory: string;
  readonly card: Card;
  readonly examples: readonly LabelledText[];
}

/** Which test set an adapter's card speaks of. */
const TESTS: readonly { is: RegExp; read: (data: string, card: Card) => Promise<LabelledText[]> }[] = [
  { is: /^clinc-/, read: (data, { labels }) => readClinc150(data, labels) },
  { is: /^snips-/, read: readSnips },
  { is: /^sst2-/, read: (data) => readSst2(data) },
  { is: /^banking77$/, read: (data) => readBanking77(data) },
];

/**
 * The adapters of a directory, by name, each with its test set.
 *
 * @throws ValidationError  when a card names no known test set, or one of another size
 */
export async function readAdapterTests(adapters: string, data: string): Promise<AdapterTest[]> {
  const entries = (await readdir(adapters, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = entries.map(({ name }) => name).sort();
  return Promise.all(names.map((name) => readAdapterTest(join(adapters, name), data)));
}

async function readAdapterTest(directory: string, data: string): Promise<AdapterTest> {
  const card = cardSchema.parse(JSON.parse(await readFile(join(directory, 'card.json'), 'utf8')));
  const test = TESTS.find(({ is }) => is.test(card.name));
  if (test === undefined)
    throw new ValidationError(`card.json: name: expected one with a known test set, got ${card.name}`);
  const examples = await test.read(data, card);
  if (examples.length === card.test_rows) return { directory, card, examples };
  throw new ValidationError(
    `${card.name}: expected ${card.test_rows} test rows as its card says, got ${examples.length}`,
  );
}

const answerSchema = z.object({ data: z.array(z.object({ label: z.string() })) });

/** Imports the adapter and classifies its test set, each text cut to the card's length: the labels found, in order. */
export async function classifyTest(
  client: ApiClient,
  tokenizer: Tokenizer,
  { directory, card, examples }: AdapterTest,
): Promise<string[]> {
  await importAdapter(client, directory);
  const labels: string[] = [];
  for (let at = 0; at < examples.length; at += INPUTS) {
    const input = examples.slice(at, at + INPUTS).map(({ text }) => cutText(tokenizer, text, card.max_length));
    const answer = answerSchema.parse(await client.call('POST', '/v1/classify', { model: card.name, input, top_k: 1 }));
    labels.push(...answer.data.map(({ label }) => label));
  }
  return labels;
}

/** How many labels are those of the test set. */
export function countRight({ examples }: AdapterTest, labels: readonly string[]): number {
  return examples.filter(({ label }, index) => labels[index] === label).length;
}

async function importAdapter(client: ApiClient, directory: string): Promise<void> {
  const form = new FormData();
  form.set('name', basename(directory));
  for (const [name, bytes] of await fromDirectory(directory)) {
    form.append('files', new Blob([new Uint8Array(bytes)]), name);
  }
  await client.call('POST', '/v1/adapters', form);
}
