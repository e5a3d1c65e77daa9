import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { lossesOf, runTraining } from '../../test/support/train-kit.js';
import { fromDirectory } from '../adapters/files.js';
import { importAdapter } from '../adapters/import.js';
import { readVerbaliser, writeVerbaliser, type Verbaliser } from '../adapters/verbaliser/verbaliser-file.js';
import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { evaluateStart } from './evaluate.js';
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';

const PROMPT = {
  template: '{text} the [MASK].',
  labels: [
    { label: 'wet', words: ['rain', 'a'] },
    { label: 'dry', words: ['market'] },
  ],
};
const TEXTS = [
  ['the rain and b', 'wet'],
  ['market the a', 'dry'],
] as const;

let home = '';
let runs = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-prompt-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  const rows = Array.from({ length: 16 }, (_, at) => {
    const [text, label] = TEXTS[at % 2]!;
    return `${JSON.stringify({ text, label })}\n`;
  });
  await writeFile(join(home, 'rows.jsonl'), rows.join(''));
});
afterAll(() => rm(home, { recursive: true }));

function specOf(more: Partial<TrainingSpecInput> = {}) {
  return trainingSpec.parse({
    base: join(home, 'base'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 2 },
    objective: { name: 'prompt', ...PROMPT },
    data: { train: join(home, 'rows.jsonl'), validation: join(home, 'rows.jsonl') },
    epochs: 20,
    batchSize: 4,
    learningRate: 0.03,
    schedule: { name: 'constant' },
    ...more,
  });
}

async function run(more: Partial<TrainingSpecInput> = {}) {
  const done = await runTraining(specOf(more), join(home, `run-${runs++}`));
  const files = await fromDirectory(done.result.files);
  const base = await loadBaseModel(directorySource(join(home, 'base')));
  return { result: done.result, losses: lossesOf(done), files, base, imported: importAdapter(files, base) };
}

/** Mean loss of the zero-shot answer: the verbaliser's head on the base, as it is served. */
async function zeroShotLoss(prior: readonly number[] = [0, 0]): Promise<number> {
  const { loss } = await evaluateStart(specOf({ objective: { name: 'prompt', ...PROMPT, prior: [...prior] } }));
  return loss!;
}

describe('training through a prompt', () => {
  it('starts at the zero-shot answer, learns, and writes a version that is served with its prompt', async () => {
    const { result, losses, imported } = await run({ batchSize: 16, epochs: 60 });
    expect(losses[0]).toBeCloseTo(await zeroShotLoss(), 5);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(result.metrics).toMatchObject({ accuracy: 1 });
    expect([imported.task, imported.template, imported.labels]).toEqual([
      'sequence_classification',
      PROMPT.template,
      { labels: ['wet', 'dry'], problem: 'single' },
    ]);
    expect(imported.brick.lowRank.query).toBeDefined();
    expect(imported.brick.head?.kind).toBe('masked_lm');
  });

  it('takes off a prior measured on texts without content, and keeps it in the version', async () => {
    const { files, losses } = await run({
      objective: { name: 'prompt', ...PROMPT, calibration: ['', 'b'] },
      batchSize: 16,
      maxSteps: 1,
    });
    const { prior, calibration } = readVerbaliser(files) as Verbaliser;
    expect(calibration).toEqual(['', 'b']);
    expect(prior!.reduce((sum, logit) => sum + Math.exp(logit), 0)).toBeCloseTo(1, 5);
    expect(losses[0]).toBeCloseTo(await zeroShotLoss(prior), 5);
    expect(losses[0]).not.toBeCloseTo(await zeroShotLoss(), 3);
  });

  it.each(['prompt', 'prefix', 'ia3', 'bottleneck', 'bitfit'] as const)('learns with %s', async (name) => {
    const { losses, imported } = await run({ method: { name } as TrainingSpecInput['method'], epochs: 15 });
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(imported.template).toBe(PROMPT.template);
    expect(imported.report.method).not.toBe('verbaliser'); // which it is alone
  });

  it('goes on from a version with a prompt, also from one that is a verbaliser alone', async () => {
    const first = await run({ maxSteps: 5 });
    const { objective: _own, ...rest } = specOf();
    const again = await run({ ...rest, objective: undefined, initial: first.result.files, maxSteps: 1 });
    expect(readVerbaliser(again.files)).toEqual(PROMPT);
    const alone = join(home, 'alone');
    await writeTinyVerbaliser(alone);
    const { losses } = await run({ ...rest, objective: undefined, initial: alone, maxSteps: 1, batchSize: 16 });
    expect(losses[0]).toBeCloseTo(await zeroShotLoss(), 5);
  });

  it('cuts long texts and keeps the prompt whole', async () => {
    const long = join(home, 'long.jsonl');
    await writeFile(long, `${JSON.stringify({ text: 'rain market '.repeat(50), label: 'wet' })}\n`);
    const { losses } = await run({ data: { train: long }, maxTokens: 12, maxSteps: 2 });
    expect(losses.every(Number.isFinite)).toBe(true);
    await expect(run({ data: { train: long }, maxTokens: 4 })).rejects.toThrow('room for a text');
  });

  it.each([
    [{ method: { name: 'full' } }, 'whose result is an adapter'],
    [{ task: 'token_classification' }, 'for sequence_classification'],
    [{ problem: 'multi' }, 'for sequence_classification'],
    [{ objective: { name: 'prompt', ...PROMPT, template: 'no' } }, 'must have {text} once'],
    [{ objective: { name: 'prompt', ...PROMPT, labels: [PROMPT.labels[1], { label: 'x', words: ['b'] }] } }, 'for wet'],
  ] as [Partial<TrainingSpecInput>, string][])('refuses %j', async (more, rule) => {
    await expect(run(more)).rejects.toThrow(rule);
  });
});

async function writeTinyVerbaliser(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'verbaliser.json'), writeVerbaliser(PROMPT));
}
