import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { readSafetensors } from '../../engine/io/safetensors.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { pretrain } from './pretrain.js';
import type { PretrainEvent, PretrainOptions, PretrainResult } from './pretrain-options.js';
import { PRETRAIN_CONFIGS, type PretrainConfig } from './sizes.js';

const CONFIG: PretrainConfig = {
  ...PRETRAIN_CONFIGS['tiny']!,
  vocab: 120,
  layers: 1,
  hidden: 32,
  heads: 2,
  ffn: 64,
  positions: 32,
  rowTokens: [16, 10],
  batchRows: 32,
  learningRate: 3e-3,
};
const STEP_TOKENS = 32 * 13;
const TOKENS = 60 * STEP_TOKENS;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pretrain-'));
  await writeFile(join(directory, 'a.txt'), sentences(1, 900));
  await writeFile(join(directory, 'b.txt'), sentences(2, 500));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Sentences whose words tell of each other: each subject has its own verb and object. */
function sentences(seed: number, count: number): string {
  const facts = ['the cat drinks milk', 'a Dog eats meat', 'one bird sings songs', 'my horse pulls carts'];
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => `${facts[random.integer(0, facts.length)]!}.\n`).join('');
}

interface Ran {
  readonly result: PretrainResult;
  readonly events: PretrainEvent[];
}

async function run(name: string, options: Partial<PretrainOptions> & { stopAfter?: number } = {}): Promise<Ran> {
  const events: PretrainEvent[] = [];
  const stop = new AbortController();
  const { stopAfter, ...more } = options;
  const result = await pretrain({
    corpus: directory,
    out: join(directory, name),
    config: CONFIG,
    tokens: TOKENS,
    threads: 1,
    seed: 7,
    checkpointEvery: 25,
    onEvent(event) {
      events.push(event);
      if (event.type === 'step' && event.step === stopAfter) stop.abort();
    },
    signal: stop.signal,
    ...more,
  });
  return { result, events };
}

const weights = (name: string) => readFile(join(directory, name, 'model.safetensors'));

describe('training a base from nothing', () => {
  it('learns more than the frequencies it starts with, and writes a model that loads, with its tokenizer', async () => {
    const steps = 250;
    const { result, events } = await run('whole', { tokens: steps * STEP_TOKENS });
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    expect(events[0]).toMatchObject({ type: 'prepared', resumedFrom: 0 });
    expect(losses).toHaveLength(steps);
    expect(losses.slice(-10).reduce((a, b) => a + b) / 10).toBeLessThan(0.85 * losses[0]!);
    expect(result).toMatchObject({ finished: true, steps });

    const base = await loadBaseModel(directorySource(join(directory, 'whole')));
    expect(base.heads.maskedLm?.decoder.weight).toBe(base.weights.get('embeddings.word_embeddings.weight'));
    expect(base.unused).toEqual([]);
    expect(base.tokenizer.encode('The dog').tokens).toEqual(['[CLS]', 'the', 'dog', '[SEP]']);
    const { tensors } = readSafetensors(await weights('whole'));
    expect([...tensors.keys()]).toContain('bert.encoder.layer.0.attention.self.query.weight');
    expect([...tensors.keys()]).toContain('cls.predictions.transform.LayerNorm.bias');
  });

  it('gives, stopped and gone on with, the bytes of an unbroken run', async () => {
    await run('whole');
    const first = await run('broken', { stopAfter: 31 });
    expect(first.result).toMatchObject({ finished: false, steps: 31 });
    const second = await run('broken');
    expect(second.events[0]).toMatchObject({ type: 'prepared', resumedFrom: 31 });
    expect(second.result.finished).toBe(true);
    expect(Buffer.compare(await weights('broken'), await weights('whole'))).toBe(0);
  });

  it('refuses to go on with other settings or texts, and keeps the checkpoint', async () => {
    await run('kept', { stopAfter: 5 });
    const before = await readFile(join(directory, 'kept', 'checkpoint.safetensors'));
    await expect(run('kept', { seed: 8 })).rejects.toThrow(/expected a checkpoint of these settings and this corpus/);
    await writeFile(join(directory, 'c.txt'), sentences(3, 5));
    await expect(run('kept')).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(join(directory, 'kept', 'checkpoint.safetensors'))).toEqual(before);
  });

  it('fails with the step when the loss is not finite', async () => {
    const config = { ...CONFIG, learningRate: 1e38, clipNorm: 1e30 };
    await expect(run('diverged', { config })).rejects.toMatchObject({
      code: 'diverged',
      message: expect.stringMatching(/^pretrain: step \d+: expected a finite loss, got/),
    });
  });

  it('needs texts', async () => {
    await expect(run('none', { corpus: join(directory, '..', 'no-such-directory') })).rejects.toThrow();
    const empty = await mkdtemp(join(tmpdir(), 'empty-'));
    await expect(run('none', { corpus: empty })).rejects.toThrow('corpus: expected .txt files in');
    await rm(empty, { recursive: true });
  });
});
