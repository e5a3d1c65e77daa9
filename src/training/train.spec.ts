import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { lossesOf, runTraining, weightsOf, type Run } from '../../test/support/train-kit.js';
import { fromDirectory } from '../adapters/files.js';
import { importAdapter } from '../adapters/import.js';
import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';

let home = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  const rows = Array.from({ length: 24 }, (_, at) => ({
    text: ['the cat sat', 'a dog ran', 'one two three four'][at % 3]!,
    label: ['cat', 'dog', 'number'][at % 3]!,
  }));
  const jsonl = (from: number, to: number) =>
    rows
      .slice(from, to)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
  await writeFile(join(home, 'train.jsonl'), jsonl(0, 18));
  await writeFile(join(home, 'validation.jsonl'), jsonl(18, 24));
});

afterAll(() => rm(home, { recursive: true, force: true }));

function specOf(more: Partial<TrainingSpecInput> = {}) {
  return trainingSpec.parse({
    base: join(home, 'base'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 2 },
    data: { train: join(home, 'train.jsonl'), validation: join(home, 'validation.jsonl') },
    epochs: 3,
    batchSize: 4,
    learningRate: 5e-3,
    clipNorm: 1,
    checkpointEvery: 4,
    dropout: { adapter: 0.1, head: 0.1 },
    seed: 3,
    ...more,
  });
}

let runs = 0;

function run(more: Partial<TrainingSpecInput> = {}, stopAfter?: number, into?: string): Promise<Run> {
  return runTraining(specOf(more), into ?? join(home, `run-${runs++}`), stopAfter);
}

describe('train', () => {
  it('learns, keeps the best step and writes an adapter that the reader takes', async () => {
    const done = await run({ epochs: 30, learningRate: 0.03, dropout: {} });
    const losses = lossesOf(done);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(done.result).toMatchObject({ kind: 'adapter', stopped: 'finished', steps: 150 });
    expect(done.result.metrics['accuracy']).toBe(1);
    const base = await loadBaseModel(directorySource(join(home, 'base')));
    const imported = importAdapter(await fromDirectory(done.result.files), base);
    expect(imported.labels?.labels).toEqual(['cat', 'dog', 'number']);
    expect(imported.task).toBe('sequence_classification');
    expect(await readdir(done.directory)).not.toContain('engine');
  });

  it('gives the same bits again, and other bits with another seed', async () => {
    const [first, second, other] = [await run(), await run(), await run({ seed: 4 })];
    expect(await weightsOf(second)).toEqual(await weightsOf(first));
    expect(await weightsOf(other)).not.toEqual(await weightsOf(first));
  });

  it.each([1, 4, 6, 11])('goes on to the same bits after it was stopped after step %i', async (stopAfter) => {
    const whole = await run();
    const stopped = await run({}, stopAfter);
    expect(stopped.result).toMatchObject({ stopped: 'aborted', steps: stopAfter });
    const resumed = await run({}, undefined, stopped.directory);
    expect(resumed.events[0]).toMatchObject({ type: 'started', resumedFrom: stopAfter });
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
    expect(resumed.result).toMatchObject({ metrics: whole.result.metrics, trainedTokens: whole.result.trainedTokens });
  });

  it('goes on from an older checkpoint when the newest is damaged', async () => {
    const whole = await run();
    const stopped = await run({}, 6);
    const newest = join(stopped.directory, 'checkpoints', 'step-000000006');
    await writeFile(join(newest, 'state.safetensors'), 'torn');
    const resumed = await run({}, undefined, stopped.directory);
    expect(resumed.events[0]).toMatchObject({ resumedFrom: 4 });
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
  });

  it('refuses the checkpoints of another run', async () => {
    const { directory } = await run({}, 4);
    await expect(run({ learningRate: 1e-3 }, undefined, directory)).rejects.toThrow(/another specification or data/);
  });

  it('ends with the step when the loss is not finite, and keeps the last good checkpoint', async () => {
    const directory = join(home, 'diverged');
    const optimizer = { name: 'sgd', momentum: 0 } as const;
    const failing = run(
      {
        learningRate: 3e38,
        optimizer,
        epochs: 20,
        checkpointEvery: 1,
        schedule: { name: 'constant' },
        clipNorm: undefined,
      },
      undefined,
      directory,
    );
    await expect(failing).rejects.toMatchObject({ code: 'diverged' });
    await expect(failing).rejects.toThrow(/step \d+: .*expected/);
    const names = await readdir(join(directory, 'checkpoints')).catch(() => []);
    for (const name of names) expect(name).toMatch(/^step-\d+$/);
  });

  it('stops early when the metric does not get better', async () => {
    const { result } = await run({ epochs: 50, earlyStopping: { metric: 'accuracy', patience: 2 } });
    expect(result.stopped).toBe('early');
    expect(result.bestStep).toBeLessThan(result.steps);
  });

  it('computes the same with accumulated gradients, with checkpointed layers, and with a kept trunk', async () => {
    const plain = { dropout: {}, epochs: 2 };
    const close = async (a: Partial<TrainingSpecInput>, b: Partial<TrainingSpecInput>) => {
      const [x, y] = [lossesOf(await run({ ...plain, ...a })), lossesOf(await run({ ...plain, ...b }))];
      x.forEach((loss, at) => expect(loss).toBeCloseTo(y[at]!, 4));
    };
    await close({}, { accumulation: 2 });
    await close({}, { gradientCheckpointing: true });
    await close(
      { method: { name: 'partial', topLayers: 1 } },
      { method: { name: 'partial', topLayers: 1 }, cacheTrunk: 'never' },
    );
    await close(
      { method: { name: 'partial', topLayers: 0 } },
      { method: { name: 'partial', topLayers: 0 }, gradientCheckpointing: true },
    );
  });
});
