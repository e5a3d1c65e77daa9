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
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';

let home = '';
let runs = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-frozen-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'sequence' });
  await writeTinyModel(join(home, 'bare'), { modelType: 'bert' });
  const rows = Array.from({ length: 24 }, (_, at) => ({
    text: ['the rain', 'market a'][at % 2]!,
    label: ['green', 'red'][at % 2]!,
  }));
  await writeFile(join(home, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rm(home, { recursive: true }));

function run(more: Partial<TrainingSpecInput> = {}) {
  const spec = trainingSpec.parse({
    base: join(home, 'base'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 2 },
    head: 'frozen',
    data: { train: join(home, 'rows.jsonl') },
    epochs: 15,
    learningRate: 0.03,
    ...more,
  });
  return runTraining(spec, join(home, `run-${runs++}`));
}

describe("training under the base's head", () => {
  it.each(['lora', 'dora', 'ia3', 'bottleneck', 'prefix', 'prompt', 'bitfit'] as const)(
    '%s learns, and its adapter has no head and the labels of the base',
    async (name) => {
      const done = await run({ method: { name } });
      const losses = lossesOf(done);
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
      const base = await loadBaseModel(directorySource(join(home, 'base')));
      const imported = importAdapter(await fromDirectory(done.result.files), base);
      expect(imported.brick.head).toBeUndefined();
      expect(imported.labels?.labels).toEqual(['red', 'green', 'blue']);
    },
  );

  it.each<[Partial<TrainingSpecInput>, string]>([
    [{ base: 'bare' }, 'expected a sequence_classification head with labels in the base, got none'],
    [{ task: 'token_classification' }, 'expected a token_classification head with labels in the base, got none'],
    [{ labels: ['red', 'purple'] }, "expected the base's labels, got purple"],
    [{ problem: 'multi' }, 'expected problem single as the base has it, got multi'],
    [{ method: { name: 'full' } }, 'expected a method of adapters, got full'],
    [{ initial: 'somewhere' }, 'one to go on from'],
  ])('refuses %o', async ({ base, initial, ...more }, message) => {
    const at = base === undefined ? {} : { base: join(home, base) };
    const from = initial === undefined ? {} : { initial: (await run({ epochs: 1 })).result.files };
    await expect(run({ ...more, ...at, ...from })).rejects.toThrow(message);
  });
});
