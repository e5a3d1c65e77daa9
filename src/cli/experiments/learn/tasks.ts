import { readBanking77 } from '../../datasets/banking77.js';
import { readClinc150, readClincDomain } from '../../datasets/clinc150.js';
import { readSst2 } from '../../datasets/sst2.js';
import { readWnut17 } from '../../datasets/wnut17.js';
import type { Example } from '../../../training/datasets/example.js';
import { Random } from '../../../common/random.js';

export interface TaskData {
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly test: readonly Example[];
}

export interface LearnTask {
  readonly name: string;
  readonly task: 'sequence_classification' | 'token_classification';
  /** Of the test split. */
  readonly metric: 'accuracy' | 'entity_f1';
  readonly epochs: number;
  readonly maxTokens: number;
  read(data: string): Promise<TaskData>;
}

const ROWS = 2_000;
const HELD = 500;

/** Rows in an order of our own, for sets whose files are sorted by label. */
function shuffled<T>(rows: readonly T[]): T[] {
  const order = Random.stream(0, 'experiments', 'rows').permutation(rows.length);
  return Array.from(order, (at) => rows[at] as T);
}

const clinc = (domain: string): LearnTask => ({
  name: `clinc-${domain}`,
  task: 'sequence_classification',
  metric: 'accuracy',
  epochs: 6,
  maxTokens: 64,
  async read(data) {
    const intents = await readClincDomain(data, domain);
    const read = (split: 'train' | 'val' | 'test') => readClinc150(data, intents, split);
    return { train: await read('train'), validation: await read('val'), test: await read('test') };
  },
});

/** The tasks of the table, in its order. */
export const LEARN_TASKS: readonly LearnTask[] = [
  clinc('banking'),
  clinc('kitchen_and_dining'),
  {
    name: 'banking77',
    task: 'sequence_classification',
    metric: 'accuracy',
    epochs: 8,
    maxTokens: 64,
    async read(data) {
      const rows = shuffled(await readBanking77(data, 'train'));
      const test = await readBanking77(data);
      return { train: rows.slice(0, ROWS), validation: rows.slice(ROWS, ROWS + HELD), test };
    },
  },
  {
    name: 'sst2',
    task: 'sequence_classification',
    metric: 'accuracy',
    epochs: 3,
    maxTokens: 64,
    async read(data) {
      const train = shuffled(await readSst2(data, 'train')).slice(0, ROWS);
      return { train, validation: await readSst2(data, 'dev'), test: await readSst2(data) };
    },
  },
  {
    name: 'wnut17',
    task: 'token_classification',
    metric: 'entity_f1',
    epochs: 6,
    maxTokens: 64,
    async read(data) {
      const read = (split: 'train' | 'dev' | 'test') => readWnut17(data, split);
      return { train: await read('train'), validation: await read('dev'), test: await read('test') };
    },
  },
];

/** What learning rates are tuned on; it is none of the tasks of the table. */
export const TUNING_TASK = clinc('travel');
