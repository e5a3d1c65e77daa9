import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { alone, expectAlike, together } from '../../test/support/together-kit.js';
import type { Example } from './datasets/example.js';
import { trainingSpec, type TrainingSpec, type TrainingSpecInput } from './hyperparameters.js';

let home = '';

const TEXTS = ['the cat sat', 'a dog ran', 'one two three four', 'rain'];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'together-methods-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  const text = (at: number): string => TEXTS[at % 4]!;
  for (const [name, count] of [
    ['small', 9],
    ['large', 14],
  ] as const) {
    await write(`${name}-labels`, count, (at) => ({ text: text(at), label: `l${at % (count === 9 ? 2 : 3)}` }));
    await write(`${name}-entities`, count, (at) => ({
      text: text(at),
      entities: [{ start: 0, end: text(at).indexOf(' ') + 1 || 4, label: 'W' }],
    }));
    await write(`${name}-pairs`, count, (at) => ({ text: text(at), pair: `${text(at + 1)} the` }));
  }
});

afterAll(() => rm(home, { recursive: true, force: true }));

async function write(name: string, count: number, row: (at: number) => Example): Promise<void> {
  const lines = Array.from({ length: count }, (_, at) => `${JSON.stringify(row(at))}\n`);
  await writeFile(join(home, `${name}.jsonl`), lines.join(''));
}

/** Two runs of unequal data, sizes and rates. */
function pair(data: string, more: Partial<TrainingSpecInput>): TrainingSpec[] {
  return ['small', 'large'].map((size, at) =>
    trainingSpec.parse({
      base: join(home, 'base'),
      task: 'sequence_classification',
      method: { name: 'lora' },
      data: { train: join(home, `${size}-${data}.jsonl`) },
      maxSteps: 4 + 2 * at,
      batchSize: 3 + at,
      learningRate: 5e-3 * (1 + at),
      seed: 7 + at,
      clipNorm: 1,
      ...more,
    }),
  );
}

const METHODS: readonly TrainingSpecInput['method'][] = [
  { name: 'lora', rank: 4, bias: 'adapted', loraBias: true, rateRatio: 4, targets: ['key', 'ffn_down'] },
  { name: 'lora', rank: 4, rankStabilised: true, initialisation: 'gaussian', layers: [1] },
  { name: 'dora', rank: 4, targets: ['query', 'ffn_up'] },
  { name: 'ia3' },
  { name: 'bitfit' },
  { name: 'bottleneck', placement: 'houlsby', reductionFactor: 2 },
  { name: 'bottleneck', placement: 'pfeiffer', reductionFactor: 4 },
  { name: 'bottleneck', placement: 'parallel', reductionFactor: 4 },
  { name: 'prefix', tokens: 3 },
  { name: 'prefix', tokens: 2, projection: true, projectionWidth: 6 },
  { name: 'prompt', tokens: 3 },
  { name: 'p_tuning', tokens: 2, encoder: 'mlp' },
  { name: 'p_tuning', tokens: 2, encoder: 'lstm' },
];

const TASKS: readonly [string, string, Partial<TrainingSpecInput>][] = [
  ['token_classification', 'entities', {}],
  ['token_classification', 'entities', { method: { name: 'prompt', tokens: 3 } }],
  ['token_classification', 'entities', { method: { name: 'bitfit' } }],
  ['masked_lm', 'labels', { method: { name: 'ia3' } }],
  // Biases of keys have no gradient but rounding, of which Adam would make whole steps.
  ['masked_lm', 'labels', { method: { name: 'bitfit' }, optimizer: { name: 'sgd' } }],
  ['masked_lm', 'labels', { method: { name: 'prompt', tokens: 3 } }],
  ['embedding', 'pairs', { objective: { name: 'multiple_negatives' }, dropout: { hidden: 0.1, adapter: 0.1 } }],
  ['embedding', 'pairs', { objective: { name: 'multiple_negatives' }, method: { name: 'prefix', tokens: 2 } }],
];

describe('trainTogether gives what each run gets alone', { timeout: 300_000 }, () => {
  it.each(METHODS.map((method) => [JSON.stringify(method), method] as const))('with %s', async (_name, method) => {
    const specs = pair('labels', { method });
    const done = await together(specs);
    for (const [at, spec] of specs.entries()) await expectAlike(done[at]!, await alone(spec));
  });

  it.each(TASKS)('for %s on %s with %j', async (task, data, more) => {
    const specs = pair(data, { ...more, task: task as TrainingSpec['task'] });
    const done = await together(specs);
    for (const [at, spec] of specs.entries()) await expectAlike(done[at]!, await alone(spec));
  });

  it('with gradient checkpointing, accumulation and other optimisers', async () => {
    for (const more of [
      { gradientCheckpointing: true, accumulation: 2, layerDecay: 0.8 },
      { optimizer: { name: 'sgd', momentum: 0.9 } },
      { optimizer: { name: 'adagrad' } },
    ] as const) {
      const specs = pair('labels', more);
      const done = await together(specs);
      for (const [at, spec] of specs.entries()) await expectAlike(done[at]!, await alone(spec));
    }
  });
});
