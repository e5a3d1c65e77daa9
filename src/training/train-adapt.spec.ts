import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { eventsOf, lossesOf, runTraining, weightsOf, type Run } from '../../test/support/train-kit.js';
import { fromDirectory } from '../adapters/files.js';
import { importAdapter } from '../adapters/import.js';
import { SITE_ROLES } from '../models/sites.js';
import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';
import { Random } from '../common/random.js';
import { togetherKey } from './together-key.js';

let home = '';

const WORDS = ['the', 'cat', 'sat', 'a', 'dog', 'ran', 'one', 'two', 'three', 'four'];
const LABELS = Array.from({ length: 24 }, (_, at) => `label ${at}`);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-adapt-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  const rows = Array.from({ length: 24 }, (_, at) => ({
    text: Array.from({ length: 6 }, (_word, place) => WORDS[(at * 7 + place * place * 3 + at * place) % 10]).join(' '),
    label: ['a', 'b', 'c'][(at * at + at) % 3]!,
  }));
  const jsonl = (some: readonly object[]) => some.map((row) => `${JSON.stringify(row)}\n`).join('');
  await writeFile(join(home, 'train.jsonl'), jsonl(rows));
  // Labels by chance, so that every row has to be learned by heart.
  const random = Random.stream(1, 'labels');
  const many = Array.from({ length: 128 }, () => ({
    text: Array.from({ length: 6 }, () => WORDS[random.below(WORDS.length)]).join(' '),
    labels: LABELS.filter(() => random.uniform() < 0.5),
  }));
  await writeFile(join(home, 'multi.jsonl'), jsonl(many));
  await writeFile(join(home, 'validation.jsonl'), jsonl(rows.slice(0, 6)));
});

afterAll(() => rm(home, { recursive: true, force: true }));

function specOf(more: Partial<TrainingSpecInput> = {}) {
  return trainingSpec.parse({
    base: join(home, 'base'),
    task: 'masked_lm',
    method: { name: 'lora', rank: 1, alpha: 2, targets: [...SITE_ROLES] },
    data: { train: join(home, 'train.jsonl'), validation: join(home, 'validation.jsonl') },
    maxSteps: 24,
    batchSize: 12,
    learningRate: 1e-2,
    optimizer: { name: 'adamw' },
    schedule: { name: 'constant' },
    clipNorm: 1,
    checkpointEvery: 5,
    evaluateEvery: 8,
    seed: 5,
    // Each window counts as a stall: what a change does is tested apart from when there is one.
    adapt: { maxRank: 4, window: 3, minGain: 0.999 },
    ...more,
  });
}

let runs = 0;

function run(more: Partial<TrainingSpecInput> = {}, stopAfter?: number, into?: string): Promise<Run> {
  return runTraining(specOf(more), into ?? join(home, `run-${runs++}`), stopAfter);
}

describe('a run that adapts', () => {
  it('raises the rank when its loss stalls, says so, and ends with files of the last rank that the reader takes', async () => {
    const done = await run();
    expect(eventsOf(done, 'adapted')).toMatchObject([
      { step: 6, message: expect.stringMatching(/loss has stalled at .*: rank 1 becomes 2$/) as string },
      { step: 12, message: expect.stringMatching(/: rank 2 becomes 4$/) as string, method: { rank: 4, alpha: 8 } },
    ]);
    const [before = 0, after = 0] = eventsOf(done, 'adapted').map(({ trainedParameters }) => trainedParameters);
    expect(after).toBe(2 * before);
    expect(done.result.adapted?.map(({ step }) => step)).toEqual([6, 12]);
    const files = await fromDirectory(done.result.files);
    const base = await loadBaseModel(directorySource(join(home, 'base')));
    expect(importAdapter(files, base).brick).toBeDefined();
    const config = JSON.parse(await readFile(join(done.result.files, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ r: 4, lora_alpha: 8 });
    const card = JSON.parse(await readFile(join(done.result.files, 'card.json'), 'utf8')) as object;
    expect(card).toMatchObject({ method: { rank: 4 } });
  });

  it.each<[string, TrainingSpecInput['method']]>([
    ['a higher rank', { name: 'lora', rank: 1, alpha: 2, targets: [...SITE_ROLES] }],
    ['a higher rank of α/√r', { name: 'lora', rank: 1, alpha: 2, targets: [...SITE_ROLES], rankStabilised: true }],
    ['a higher rank of dora', { name: 'dora', rank: 1, alpha: 2, targets: [...SITE_ROLES] }],
    ['further targets', { name: 'lora', rank: 1, alpha: 2, targets: ['query'] }],
  ])('answers as before right after a change: %s', async (_what, method) => {
    const [changed, same] = [await run({ method, maxSteps: 9 }), await run({ method, maxSteps: 9, adapt: undefined })];
    expect(eventsOf(changed, 'adapted').map(({ step }) => step)).toEqual([6]);
    // The seventh loss is that of the parameters after six steps: equal but for rounding in another structure.
    expect(lossesOf(changed).slice(0, 6)).toEqual(lossesOf(same).slice(0, 6));
    expect(lossesOf(changed)[6]).toBeCloseTo(lossesOf(same)[6]!, 5);
    expect(Math.abs(lossesOf(changed)[8]! - lossesOf(same)[8]!)).toBeGreaterThan(1e-4);
  });

  it.each([4, 6, 7, 13])('goes on to the same bits when it is stopped after step %i', async (stopAfter) => {
    const whole = await run();
    const stopped = await run({}, stopAfter);
    expect(stopped.result.stopped).toBe('aborted');
    const resumed = await run({}, undefined, stopped.directory);
    expect(eventsOf(resumed, 'started')[0]?.resumedFrom).toBe(stopAfter);
    expect([...lossesOf(stopped), ...lossesOf(resumed)]).toEqual(lossesOf(whole));
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
    const steps = [stopped, resumed].flatMap((part) => eventsOf(part, 'adapted').map(({ step }) => step));
    expect(steps).toEqual([6, 12]);
    expect(resumed.result.adapted).toEqual(whole.result.adapted);
  });

  it('adapts layers and roles that were left out before it raises ranks, and frozen layers are computed anew', async () => {
    const method = { name: 'lora' as const, rank: 1, targets: ['value' as const], layers: [1] };
    const labels = { task: 'sequence_classification' as const, method };
    const done = await run(labels);
    expect(eventsOf(done, 'adapted').map(({ message }) => message.split(': ')[1])).toEqual([
      'query, key, attention_output, ffn_up, ffn_down are adapted too; all layers are adapted, not 1 alone',
      'rank 1 becomes 2',
    ]);
    const uncached = await run({ ...labels, cacheTrunk: 'never' });
    lossesOf(done).forEach((loss, at) => expect(loss).toBeCloseTo(lossesOf(uncached)[at]!, 4));
  });

  it('gets further than at rank 1 once that has stalled', { timeout: 120_000 }, async () => {
    const long: Partial<TrainingSpecInput> = {
      ...{
        task: 'sequence_classification',
        problem: 'multi',
        labels: LABELS,
        data: { train: join(home, 'multi.jsonl') },
      },
      ...{ maxSteps: 160, batchSize: 128, learningRate: 2e-2, checkpointEvery: 200 },
    };
    const low = await run({ ...long, adapt: undefined });
    const risen = await run({ ...long, adapt: { maxRank: 8, window: 10, minGain: 0.02 } });
    const tail = (done: Run) =>
      lossesOf(done)
        .slice(-40)
        .reduce((sum, loss) => sum + loss, 0) / 40;
    expect(eventsOf(risen, 'adapted').length).toBeGreaterThan(0);
    expect(tail(risen)).toBeLessThan(0.96 * tail(low));
  });

  it('changes nothing late in the run, nor where nothing is asked for', async () => {
    const done = await run({ maxSteps: 8, adapt: { maxRank: 4, window: 3, minGain: 0.999 } });
    expect(eventsOf(done, 'adapted')).toEqual([]); // the first stall, at step 6, is after two thirds
    expect(done.result.adapted).toEqual([]);
    expect((await run({ maxSteps: 8, adapt: undefined })).result.adapted).toBeUndefined();
  });

  it('trains alone, and only with a method that can grow', async () => {
    expect(togetherKey(specOf())).toBeUndefined();
    expect(togetherKey(specOf({ adapt: undefined }))).toBeDefined();
    await expect(run({ method: { name: 'bitfit' } })).rejects.toThrow(/adapt: expected lora or dora/);
  });
});
