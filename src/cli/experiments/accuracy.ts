import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { fromDirectory } from '../../adapters/files.js';
import { ValidationError } from '../../common/errors.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import type { ApiClient } from '../api-client.js';
import { optionText, requireOption } from '../command.js';
import { readBanking77 } from '../datasets/banking77.js';
import { readClinc150 } from '../datasets/clinc150.js';
import type { LabelledText } from '../datasets/labelled-text.js';
import { readSnips } from '../datasets/snips.js';
import { readSst2 } from '../datasets/sst2.js';
import { cutText } from './cut-text.js';
import type { Experiment } from './experiment.js';
import { TemporaryService } from './temporary-service.js';

/** Largest difference from the card, as a share of the rows: 0.2 point. */
const BOUND = 0.002;
const INPUTS = 64;
const BASE = fileURLToPath(new URL('../../../models/tessera-tiny/', import.meta.url));

const cardSchema = z.object({
  name: z.string(),
  labels: z.array(z.string()),
  max_length: z.int(),
  test_accuracy: z.number(),
  test_rows: z.int(),
});
type Card = z.infer<typeof cardSchema>;

/** Which test set an adapter's card speaks of. */
const TESTS: readonly { is: RegExp; read: (data: string, card: Card) => Promise<LabelledText[]> }[] = [
  { is: /^clinc-/, read: (data, { labels }) => readClinc150(data, labels) },
  { is: /^snips-/, read: readSnips },
  { is: /^sst2-/, read: readSst2 },
  { is: /^banking77$/, read: readBanking77 },
];

/** Imports every adapter of a directory into a service, asks it the adapter's whole test set, and compares with its card. */
export const accuracy: Experiment = {
  name: 'accuracy',
  title: 'Accuracy of the adapters through HTTP',
  options: { adapters: { type: 'string', default: '../shared/models/adapters' } },
  async run(options, note) {
    const data = requireOption(options, 'data');
    const directory = optionText(options, 'adapters') ?? '';
    const names = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const { tokenizer } = await loadBaseModel(directorySource(BASE));
    const service = await TemporaryService.start({ BASE_MODEL: BASE });
    try {
      const client = await service.newTenant('experiment');
      const rows: string[][] = [];
      for (const name of names.map((entry) => entry.name).sort()) {
        rows.push(await measure({ client, tokenizer, data, directory: join(directory, name) }));
        note((rows.at(-1) ?? []).join('  '));
      }
      return {
        method:
          `Each adapter of the directory is imported as it is and classifies the whole test set of its card through ` +
          `\`POST /v1/classify\`, ${INPUTS} texts a request, each cut to the card's max_length in tokens. The card holds ` +
          `what the same adapter reaches in PyTorch with PEFT. Bound: ${BOUND * 100} point.`,
        seeds: 'none, nothing is drawn',
        columns: ['adapter', 'rows', 'right', 'accuracy', 'card', 'difference in points', 'within bound'],
        rows,
        isReached: rows.length > 0 && rows.every((row) => row.at(-1) === 'yes'),
      };
    } finally {
      await service.remove();
    }
  },
};

interface Task {
  readonly client: ApiClient;
  readonly tokenizer: Tokenizer;
  readonly data: string;
  readonly directory: string;
}

/** One row of the table. */
async function measure({ client, tokenizer, data, directory }: Task): Promise<string[]> {
  const card = cardSchema.parse(JSON.parse(await readFile(join(directory, 'card.json'), 'utf8')));
  const test = TESTS.find(({ is }) => is.test(card.name));
  if (test === undefined)
    throw new ValidationError(`card.json: name: expected one with a known test set, got ${card.name}`);
  const examples = await test.read(data, card);
  if (examples.length !== card.test_rows) {
    throw new ValidationError(
      `${card.name}: expected ${card.test_rows} test rows as its card says, got ${examples.length}`,
    );
  }
  await importAdapter(client, directory);
  let right = 0;
  for (let at = 0; at < examples.length; at += INPUTS) {
    const part = examples.slice(at, at + INPUTS);
    const input = part.map(({ text }) => cutText(tokenizer, text, card.max_length));
    const answer = answerSchema.parse(await client.call('POST', '/v1/classify', { model: card.name, input, top_k: 1 }));
    right += part.filter(({ label }, index) => answer.data[index]?.label === label).length;
  }
  const found = right / examples.length;
  const isWithin = Math.abs(found - card.test_accuracy) <= BOUND;
  const points = (100 * (found - card.test_accuracy)).toFixed(3);
  const figures = [found, card.test_accuracy].map((share) => share.toFixed(4));
  return [card.name, `${examples.length}`, `${right}`, ...figures, points, isWithin ? 'yes' : '**no**'];
}

const answerSchema = z.object({ data: z.array(z.object({ label: z.string() })) });

async function importAdapter(client: ApiClient, directory: string): Promise<void> {
  const form = new FormData();
  form.set('name', basename(directory));
  for (const [name, bytes] of await fromDirectory(directory)) {
    form.append('files', new Blob([new Uint8Array(bytes)]), name);
  }
  await client.call('POST', '/v1/adapters', form);
}
