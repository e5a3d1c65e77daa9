import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeExperimentData } from '../../../../test/support/experiment-data.js';
import { trainingSpec } from '../../../training/hyperparameters.js';
import { DEFAULT_RATES, defaultRate } from '../../../training/methods/default-rates.js';
import { advisedRequest } from './advised.js';
import { LEARN_METHODS } from './methods.js';
import { requestOf, writeSplits } from './request.js';
import { LEARN_TASKS, TUNING_TASK } from './tasks.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tessera-learn-'));
  await writeExperimentData(join(home, 'data'));
});
afterEach(() => rm(home, { recursive: true }));

const files = { train: 'train.jsonl', validation: 'validation.jsonl', test: 'test.jsonl' };
const methodOf = (name: string) => LEARN_METHODS.find((row) => row.name === name)!;

describe('requestOf', () => {
  it.each(LEARN_TASKS.map((task) => [task.name, task] as const))(
    'asks for a run of every method: %s',
    (_name, task) => {
      for (const row of LEARN_METHODS) {
        const { spec, adapt, test, metric } = requestOf(task, row, { files, directory: 'd', seed: 1 });
        expect(trainingSpec.parse(spec)).toMatchObject({
          ...{ task: task.task, epochs: task.epochs, seed: 1, threads: 1 },
          ...{
            learningRate: defaultRate(row.method),
            data: { train: files.train, validation: files.validation },
          },
        });
        expect([test, metric, adapt !== undefined]).toEqual([files.test, task.metric, row.name === 'tapt+lora']);
      }
    },
  );

  it('adapts the base to the texts first where the row says so, on training rows alone', () => {
    const { adapt, spec } = requestOf(LEARN_TASKS[0]!, methodOf('tapt+lora'), { files, directory: 'd', seed: 2 });
    expect(trainingSpec.parse(adapt)).toMatchObject({ task: 'masked_lm', method: { name: 'full' }, seed: 2 });
    expect(adapt?.data).toEqual({ train: files.train });
    expect(spec.method.name).toBe('lora');
  });

  it('opens base-sized results as a whole model, and measures the start with the first seed only', () => {
    const place = { files, directory: 'd' };
    const of = (name: string, seed: number) => requestOf(LEARN_TASKS[0]!, methodOf(name), { ...place, seed });
    expect([of('hybrid', 0).openedAs?.name, of('lora', 0).openedAs]).toEqual(['full', undefined]);
    expect([of('lora', 0).measuresStart, of('lora', 1).measuresStart]).toEqual([true, false]);
    const tuned = requestOf(TUNING_TASK, methodOf('lora'), { ...place, seed: 0, learningRate: 0.5 });
    expect(tuned.spec.learningRate).toBe(0.5);
  });
});

describe('tasks', () => {
  it.each([...LEARN_TASKS, TUNING_TASK].map((task) => [task.name, task] as const))(
    'reads %s, and its splits share no row',
    async (_name, task) => {
      const { train, validation, test } = await task.read(join(home, 'data'));
      expect([train.length, validation.length, test.length].every((rows) => rows > 0)).toBe(true);
      expect(train.length).toBeLessThanOrEqual(2_000);
      for (const row of train) expect(row).toHaveProperty(task.task === 'token_classification' ? 'entities' : 'label');
    },
  );

  it('validates Banking77 on rows that it does not train on, in an order that does not change', async () => {
    const task = LEARN_TASKS.find(({ name }) => name === 'banking77')!;
    const [{ train, validation }, again] = [await task.read(join(home, 'data')), await task.read(join(home, 'data'))];
    const texts = new Set(train.map(({ text }) => text));
    expect([train.length, validation.length]).toEqual([2_000, 40]);
    expect(validation.filter(({ text }) => texts.has(text))).toEqual([]);
    expect(again.train).toEqual(train);
  });
});

it('writeSplits: a line of JSON for each row, as training reads them', async () => {
  const row = { text: 'a "b"\n', label: 'x' };
  const written = await writeSplits({ train: [row, row], validation: [], test: [row] }, join(home, 'splits'));
  expect(await readFile(written.train, 'utf8')).toBe(`${JSON.stringify(row)}\n`.repeat(2));
  expect(await readFile(written.validation, 'utf8')).toBe('');
});

it('advisedRequest: the run that the advisor plans from the training rows, as a job makes it', async () => {
  const [task] = LEARN_TASKS;
  const written = await writeSplits(await task!.read(join(home, 'data')), join(home, 'splits'));
  const place = { files: written, directory: join(home, 'run'), seed: 0 };
  const { spec, test, directory } = await advisedRequest(task!, place);
  expect(trainingSpec.parse(spec)).toMatchObject({
    ...{ method: { name: 'lora', rank: 4 }, batchSize: 8, learningRate: DEFAULT_RATES.lora },
    ...{ earlyStopping: { metric: 'loss', patience: 3 }, data: { train: written.train } },
  });
  expect([test, directory]).toEqual([written.test, place.directory]);
});
