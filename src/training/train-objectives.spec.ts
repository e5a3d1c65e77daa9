import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { lossesOf, runTraining } from '../../test/support/train-kit.js';
import type { Example } from './datasets/example.js';
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';

let home: string;

const WORDS: Example[] = Array.from({ length: 16 }, (_, at) => ({
  text: ['the rain', 'a market', 'b rain and the'][at % 3]!,
  label: ['cat', 'dog', 'number'][at % 3]!,
}));
const SPANS: Example[] = Array.from({ length: 12 }, (_, at) => ({
  text: ['the rain', 'market and rain'][at % 2]!,
  entities: at % 2 === 0 ? [{ start: 4, end: 8, label: 'W' }] : [{ start: 11, end: 15, label: 'W' }],
}));
const PAIRS: Example[] = Array.from({ length: 12 }, (_, at) => ({
  text: ['the rain', 'market a b'][at % 2]!,
  pair: 'the rain and',
  value: [0.9, -0.5][at % 2]!,
}));

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-'));
  await writeTinyModel(join(home, 'sequence'), {
    modelType: 'bert',
    task: 'sequence',
    labels: ['number', 'cat', 'dog'],
  });
  await writeTinyModel(join(home, 'token'), { modelType: 'bert', task: 'token', labels: ['O', 'B-W', 'I-W'] });
});
afterAll(() => rm(home, { recursive: true }));

let runs = 0;

async function run(examples: readonly Example[], more: Partial<TrainingSpecInput>) {
  const directory = join(home, `run-${runs++}`);
  await mkdir(directory);
  const data = join(directory, 'train.jsonl');
  await writeFile(data, examples.map((example) => `${JSON.stringify(example)}\n`).join(''));
  const spec = trainingSpec.parse({
    base: join(home, 'sequence'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 2 },
    data: { train: data, validation: data },
    epochs: 20,
    batchSize: 4,
    learningRate: 0.03,
    optimizer: { name: 'adamw', weightDecay: 0 },
    schedule: { name: 'constant' },
    ...more,
  });
  const done = await runTraining(spec, directory);
  return { losses: lossesOf(done), result: done.result };
}

const SOFT = { name: 'distillation', temperature: 1, mix: 1 } as const;

describe('distillation', () => {
  it('learns from the base, whose labels stand in another order', async () => {
    const teacher = join(home, 'sequence');
    const { losses } = await run(WORDS, { objective: SOFT, teacher });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    const same = await run(WORDS, { objective: SOFT, teacher, labels: ['number', 'cat', 'dog'], epochs: 1 });
    expect(same.losses[0]).toBeCloseTo(0, 5); // the student starts as its teacher
  });

  it('learns tokens from the base, and from an adapter with virtual tokens of its own', async () => {
    const tokens = { base: join(home, 'token'), task: 'token_classification', problem: 'single' } as const;
    const base = await run(SPANS, {
      ...tokens,
      objective: SOFT,
      teacher: tokens.base,
      labels: ['O', 'B-W', 'I-W'],
      epochs: 1,
    });
    expect(base.losses[0]).toBeCloseTo(0, 5);
    const prompt = await run(SPANS, { ...tokens, method: { name: 'prompt', tokens: 3 }, epochs: 5 });
    const student = { ...tokens, objective: SOFT, teacher: prompt.result.files };
    const { losses } = await run(SPANS, student);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    const again = await run(SPANS, {
      ...student,
      method: { name: 'prompt', tokens: 3 },
      initial: prompt.result.files,
      epochs: 1,
    });
    expect(again.losses[0]).toBeCloseTo(0, 5);
  });

  it('does not depend on the padding of a batch', async () => {
    const longer = [...SPANS.slice(0, 3), { text: 'a b c d e f g h', entities: [] }];
    const tokens = { base: join(home, 'token'), task: 'token_classification' } as const;
    const spec = { ...tokens, objective: SOFT, teacher: tokens.base, epochs: 1, labels: ['B-W', 'I-W', 'O'] };
    const whole = await run(longer, spec);
    const parts = await run(longer, { ...spec, accumulation: 4 });
    expect(parts.losses[0]).toBeCloseTo(whole.losses[0]!, 5);
    expect(whole.losses[0]).toBeGreaterThan(1e-3);
  });

  it('refuses a teacher that lacks a label of the run', async () => {
    const teacher = join(home, 'sequence');
    const running = run([...WORDS, { text: 'a', label: 'bird' }], { objective: SOFT, teacher });
    await expect(running).rejects.toThrow('expected the label bird');
  });
});

describe('pairs with a value', () => {
  it('are learned by their likeness, where all have one', async () => {
    const { losses } = await run(PAIRS, { task: 'embedding' });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 4);
  });

  it('are refused by that objective without a value, or with one that is no cosine', async () => {
    const objective = { name: 'cosine_similarity' } as const;
    const bare = PAIRS.map(({ text, pair }) => ({ text, pair: pair! }));
    await expect(run(bare, { task: 'embedding', objective })).rejects.toThrow('expected a likeness');
    const stars = PAIRS.map((example) => ({ ...example, value: 5 }));
    await expect(run(stars, { task: 'embedding' })).rejects.toThrow('from -1 to 1, got 5');
  });
});
