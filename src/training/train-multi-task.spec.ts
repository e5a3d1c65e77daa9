import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { lossesOf, runTraining } from '../../test/support/train-kit.js';
import { fromDirectory } from '../adapters/files.js';
import { importAdapter } from '../adapters/import.js';
import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import type { Example } from './datasets/example.js';
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';

const TASKS = { name: 'multi_task', tasks: { topic: 1, mood: 0.5 } } as const;
/** One text is a row of both tasks; `same` is a label of both. */
const ROWS: Example[] = Array.from({ length: 12 }).flatMap(() => [
  { text: 'the rain', task: 'topic', label: 'weather' },
  { text: 'market a', task: 'topic', label: 'same' },
  { text: 'b rain and the', task: 'topic', label: 'other' },
  { text: 'the rain', task: 'mood', label: 'sad' },
  { text: 'market a', task: 'mood', label: 'same' },
]);

let home = '';
let runs = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-tasks-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  await writeFile(join(home, 'rows.jsonl'), ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rm(home, { recursive: true }));

async function run(more: Partial<TrainingSpecInput> = {}, rows = join(home, 'rows.jsonl')) {
  const spec = trainingSpec.parse({
    base: join(home, 'base'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 2 },
    objective: TASKS,
    data: { train: rows, validation: rows },
    epochs: 15,
    batchSize: 10,
    learningRate: 0.03,
    ...more,
  });
  const done = await runTraining(spec, join(home, `run-${runs++}`));
  const { result } = done;
  const base = await loadBaseModel(directorySource(join(home, 'base')));
  const heads = await Promise.all(
    (result.tasks ?? []).map(async (task) => importAdapter(await fromDirectory(join(result.files, task)), base)),
  );
  return { result, losses: lossesOf(done), heads };
}

describe('training several tasks', () => {
  it('learns all of them, and writes an adapter of each that shares all but the head', async () => {
    const { result, losses, heads } = await run();
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(result.tasks).toEqual(['mood', 'topic']);
    expect(result.metrics).toMatchObject({ accuracy: 1, accuracy_topic: 1, accuracy_mood: 1 });
    const [mood, topic] = heads;
    expect([topic?.labels?.labels, mood?.labels?.labels]).toEqual([
      ['other', 'same', 'weather'],
      ['sad', 'same'],
    ]);
    expect(topic?.brick.lowRank).toEqual(mood?.brick.lowRank);
    const sizes = heads.map(({ brick: { head } }) => head?.kind === 'sequence' && head.out.weight.shape[0]);
    expect(sizes).toEqual([2, 3]);
  });

  it('begins with the weighed sum of the mean losses of the tasks', async () => {
    const first = async (tasks: Record<string, number>) => {
      const more = { objective: { ...TASKS, tasks }, batchSize: 60, maxSteps: 1 };
      return (await run(more)).losses[0]!;
    };
    const [both, doubled, none] = [
      await first({ topic: 1, mood: 1 }),
      await first({ topic: 1, mood: 2 }),
      await first({ topic: 2, mood: 1 }),
    ];
    const [mood, topic] = [doubled - both, none - both];
    expect(topic + mood).toBeCloseTo(both, 4);
    expect(topic).toBeCloseTo(Math.log(3), 0);
    expect(mood).toBeCloseTo(Math.log(2), 0);
  });

  it.each(['bottleneck', 'prefix', 'bitfit', 'ia3'] as const)('learns with %s and learned weights', async (name) => {
    const { losses, heads } = await run({
      method: { name } as TrainingSpecInput['method'],
      objective: { ...TASKS, weighting: 'uncertainty' },
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(heads).toHaveLength(2);
  });

  it.each([
    [{ method: { name: 'full' } }, 'got full'],
    [{ accumulation: 2 }, 'got accumulation'],
    [{ problem: 'multi' }, 'got sequence_classification, multi'],
    [{ objective: { name: 'multi_task', tasks: { topic: 1, nothing: 1 } } }, 'at least 2 of task nothing, got 0'],
  ] as [Partial<TrainingSpecInput>, string][])('refuses %j', async (more, rule) => {
    await expect(run(more)).rejects.toThrow(rule);
  });

  it('refuses a row of no task', async () => {
    const rows = join(home, 'faulty.jsonl');
    const more = [...ROWS, { text: 'a', label: 'same', task: 'else' }];
    await writeFile(rows, more.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await expect(run({}, rows)).rejects.toThrow('task: expected one of mood, topic, got else');
  });
});
