import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { alone, expectAlike, resultOf, together } from '../../test/support/together-kit.js';
import { trainingSpec, type TrainingSpec, type TrainingSpecInput } from './hyperparameters.js';
import { trainTogether } from './train-together.js';

let home = '';

const TEXTS = ['the cat sat', 'a dog ran', 'one two three four', 'rain'];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'together-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  await writeData('three', 18, ['cat', 'dog', 'number']);
  await writeData('two', 10, ['yes', 'no']);
  await writeData('four', 26, ['a', 'b', 'c', 'd']);
});

afterAll(() => rm(home, { recursive: true, force: true }));

/** Rows of which each run has its own, with its own labels. */
async function writeData(name: string, rows: number, labels: readonly string[]): Promise<void> {
  const line = (at: number) =>
    `${JSON.stringify({ text: TEXTS[at % labels.length], pair: TEXTS[(at + 1) % 4], label: labels[at % labels.length] })}\n`;
  await writeFile(join(home, `${name}.jsonl`), Array.from({ length: rows }, (_, at) => line(at)).join(''));
  await writeFile(join(home, `${name}-held.jsonl`), Array.from({ length: 4 }, (_, at) => line(at)).join(''));
}

function specOf(data: string, more: Partial<TrainingSpecInput> = {}): TrainingSpec {
  return trainingSpec.parse({
    base: join(home, 'base'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 2 },
    data: { train: join(home, `${data}.jsonl`), validation: join(home, `${data}-held.jsonl`) },
    epochs: 3,
    batchSize: 4,
    learningRate: 5e-3,
    clipNorm: 1,
    checkpointEvery: 4,
    dropout: { adapter: 0.1, hidden: 0.1, head: 0.1 },
    ...more,
  });
}

/** Three runs that differ in all in which they may. */
const unlike = (more: Partial<TrainingSpecInput> = {}): TrainingSpec[] => [
  specOf('three', { seed: 1, ...more }),
  specOf('two', {
    seed: 2,
    learningRate: 0.01,
    epochs: 5,
    clipNorm: undefined,
    schedule: { name: 'constant' },
    ...more,
  }),
  specOf('four', {
    ...{ seed: 3, learningRate: 2e-3, batchSize: 6, epochs: 4, accumulation: 2, evaluateEvery: 3 },
    ...more,
  }),
];

describe('trainTogether', { timeout: 120_000 }, () => {
  it('gives each of several unlike runs what it gets alone', async () => {
    const specs = unlike();
    const done = await together(specs);
    for (const [at, spec] of specs.entries()) await expectAlike(done[at]!, await alone(spec));
  });

  it('does so for unequal ranks', async () => {
    const ranks = unlike({ dropout: {} }).map((spec, at) => ({
      ...spec,
      method: { ...spec.method, rank: 2 + at } as never,
    }));
    for (const [at, run] of (await together(ranks)).entries()) await expectAlike(run, await alone(ranks[at]!));
  });

  it('does so for a masked language model', async () => {
    const masked = unlike({ task: 'masked_lm', labels: undefined });
    for (const [at, run] of (await together(masked)).entries()) await expectAlike(run, await alone(masked[at]!));
  });

  it('goes on to the same result in other company, and alone', async () => {
    const specs = unlike();
    const stopped = await together(specs, { stopAfter: [4, 6] });
    expect(stopped.map((run) => resultOf(run).stopped)).toEqual(['aborted', 'aborted', 'finished']);
    const directories = stopped.map(({ directory }) => directory);
    const [first, second] = await together([specs[1]!, specs[0]!], { into: [directories[1]!, directories[0]!] });
    expect(first!.events[0]).toMatchObject({ type: 'started', resumedFrom: 6 });
    await expectAlike(second!, await alone(specs[0]!));
    await expectAlike(first!, await alone(specs[1]!));
    await expectAlike(stopped[2]!, await alone(specs[2]!));
  });

  it('lets a run that diverges, or cannot start, leave the others as they are', async () => {
    const plain = { dropout: {}, optimizer: { name: 'sgd', momentum: 0.9 }, schedule: { name: 'constant' } } as const;
    const specs = [
      specOf('three', { ...plain, seed: 1, learningRate: 0.05 }),
      specOf('two', { ...plain, seed: 2, learningRate: 3e38, clipNorm: undefined, checkpointEvery: 1, epochs: 20 }),
      specOf('four', { ...plain, seed: 3, learningRate: 0.02 }),
      specOf('missing', plain),
    ];
    const [first, diverged, third, missing] = await together(specs);
    expect(diverged!.outcome).toMatchObject({ status: 'rejected', reason: { code: 'diverged' } });
    expect(missing!.outcome.status).toBe('rejected');
    await expectAlike(first!, await alone(specs[0]!));
    await expectAlike(third!, await alone(specs[2]!));
  });

  it('stops each run early by its own metric', async () => {
    const early = { earlyStopping: { metric: 'accuracy', patience: 2 }, dropout: {} } as const;
    const specs = [specOf('three', { ...early, epochs: 40 }), specOf('two', { dropout: {}, epochs: 12 })];
    const [first, second] = await together(specs);
    expect(resultOf(first!).stopped).toBe('early');
    expect(resultOf(second!).stopped).toBe('finished');
    await expectAlike(second!, await alone(specs[1]!));
  });

  it('refuses runs that do not fit together', () => {
    const options = { directory: home, onEvent: () => undefined, signal: new AbortController().signal };
    const runs = [specOf('three'), specOf('two', { method: { name: 'ia3' } })].map((spec) => ({ spec, options }));
    expect(() => trainTogether(runs, { directory: home })).toThrow(/fit together/);
    expect(() =>
      trainTogether([{ spec: specOf('three', { method: { name: 'full' } }), options }], { directory: home }),
    ).toThrow('one that trains alone: its result is a base');
  });
});
