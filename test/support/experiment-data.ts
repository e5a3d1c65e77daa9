import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const INTENTS = {
  banking: ['balance', 'transfer'],
  kitchen_and_dining: ['recipe', 'calories'],
  travel: ['book_flight', 'timezone'],
};
/** A word that tells an intent; others are the same in all. */
const TELLING: Readonly<Record<string, string>> = {
  ...{ balance: 'money', transfer: 'send', recipe: 'cook', calories: 'fat', book_flight: 'fly', timezone: 'hour' },
};
const FILLERS = ['the', 'my', 'a', 'please', 'now', 'and', 'is', 'some'];
const ROWS = { train: 24, val: 8, test: 10 };
/** More than the experiments train on, so that rows are left to validate with. */
const BANKING_ROWS = 2_040;

const fillers = (at: number): string =>
  `${FILLERS[at % 8]!} ${FILLERS[(3 * at + 1) % 8]!} ${FILLERS[(at >> 3) % 8]!} ${at}`;

/** The data sets of the experiments in small: the same files, with texts of a few words. */
export async function writeExperimentData(data: string): Promise<void> {
  const files = {
    'clinc150/domains.json': JSON.stringify(INTENTS),
    'clinc150/data_full.json': JSON.stringify({
      train: intentRows(ROWS.train),
      val: intentRows(ROWS.val),
      test: intentRows(ROWS.test),
    }),
    'banking77/train.csv': bankingRows(BANKING_ROWS),
    'banking77/test.csv': bankingRows(ROWS.test),
    'sst2/SST2/train.tsv': sentimentRows(ROWS.train),
    'sst2/SST2/dev.tsv': sentimentRows(ROWS.val),
    'sst2/SST2/test.tsv': sentimentRows(ROWS.test),
    'wnut17/wnut17train.conll': taggedRows(ROWS.train),
    'wnut17/emerging.dev.conll': taggedRows(ROWS.val),
    'wnut17/emerging.test.annotated': taggedRows(ROWS.test),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(data, path)), { recursive: true });
    await writeFile(join(data, path), text);
  }
}

function intentRows(count: number): [string, string][] {
  const intents = Object.values(INTENTS).flat();
  return Array.from({ length: count }, (_, at) => at).flatMap((at) =>
    intents.map((intent): [string, string] => [`${TELLING[intent]!} ${fillers(at)}`, intent]),
  );
}

function bankingRows(count: number): string {
  const rows = Array.from({ length: count }, (_, at) => {
    return at % 2 === 0 ? `"lost it, ${fillers(at)}",lost_card` : `change ${fillers(at)},new_pin`;
  });
  return `text,category\n${rows.join('\n')}\n`;
}

function sentimentRows(count: number): string {
  return Array.from({ length: count }, (_, at) => `${at % 2 ? 'good' : 'bad'} ${fillers(at)}\t${at % 2}\n`).join('');
}

function taggedRows(count: number): string {
  return Array.from({ length: count }, (_, at) => `in\tO\nLondon\tB-location\n${at}\tO\n\n`).join('');
}
