import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { FineTuningJob } from '../../src/jobs/fine-tuning-job.entity.js';
import ensureBuilt from '../support/build.js';
import { examples } from '../support/examples.js';
import { FakeObjectStore } from '../support/fake-object-store.js';
import { TestWorker } from '../support/jobs-kit.js';
import { TestDatabase } from '../support/servers.js';
import { writeTinyModel } from '../support/tiny-model.js';

const CHILD = new URL('../support/mortal-training-child.mjs', import.meta.url);

/** Where the process dies, the first time that it comes there. */
const PREPARING = [
  ['it writes the prepared data', 'open .*/train\\.jsonl$'],
  ['it has prepared most of the data', 'open .*/test\\.jsonl$'],
] as const;
const TRAINING = [
  ['training starts', '^event started'],
  ['it trains, before a checkpoint', '^event step 2$'],
  ['it writes a checkpoint', '^open .*/\\.step-0+4/progress\\.json$'],
  ['a checkpoint is about to get its name', '^rename .*/step-0+4$'],
  ['a checkpoint is written', '^event checkpoint 4$'],
  ['it trains, after a checkpoint', '^event step 6$'],
  ['it has evaluated', '^event evaluated 8$'],
  ['it writes the result', '^open .*/\\.result/card\\.json$'],
  ['the result is about to get its name', '^rename .*/result$'],
  ['the result is written', '^event finished'],
] as const;

describe('the death of the training process', { timeout: 300_000 }, () => {
  let home: string;
  let database: TestDatabase;
  let worker: TestWorker;
  let tenantId: string;
  let prepared: string;
  let unbroken: string;
  const store = new FakeObjectStore();

  beforeAll(async () => {
    await ensureBuilt();
    home = await mkdtemp(join(tmpdir(), 'tessera-death-'));
    await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
    database = await TestDatabase.create(inject('servers'), []);
    worker = await TestWorker.start({ database, store, entry: CHILD, base: join(home, 'base') });
    tenantId = await worker.newTenant('owner');
    prepared = await worker.upload(tenantId, examples(40));
    unbroken = digestOf(await train(prepared));
  });
  afterAll(async () => {
    await worker.stop();
    await database.close();
    await rm(home, { recursive: true });
  });

  let jobs = 0;
  /** Each as an adapter of its own, since what one was trained on decides what the next one of its name is tested on. */
  const train = async (file: string) => {
    const suffix = `job-${jobs++}`;
    const hyperparameters = { checkpoint_every: 4, evaluate_every: 4, max_tokens: 16, batch_size: 4 };
    const job = await worker.create(tenantId, file, { steps: 10, seed: 3, suffix, hyperparameters });
    const done = await worker.until(job, ['succeeded', 'failed']);
    await worker.until(job, ({ claimId }) => claimId === null);
    return done;
  };

  const digestOf = ({ fineTunedModel }: FineTuningJob): string => fineTunedModel?.split('@')[1] ?? 'none';

  async function trainDyingAt(pattern: string, file: string): Promise<FineTuningJob> {
    await writeFile(join(worker.dataDir, 'plan'), pattern);
    const job = await train(file);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    expect(await worker.messages(job)).toContainEqual(expect.stringContaining('(training_process_died)'));
    expect(await worker.runs()).toEqual([]);
    const checkpoints: string[] = [];
    for await (const { key } of store.list('tenants/')) if (key.includes('/checkpoints/')) checkpoints.push(key);
    expect(checkpoints).toEqual([]);
    return job;
  }

  it.each(PREPARING)('when %s does not change the version, and leaves nothing', async (_when, pattern) => {
    const same = examples(40).replaceAll('}\n', ' }\n'); // another file of the same rows, which is prepared anew
    const file = await worker.upload(tenantId, pattern.includes('train') ? same : same.replaceAll(' }', '  }'));
    expect(digestOf(await trainDyingAt(pattern, file))).toBe(unbroken);
  });

  it.each(TRAINING)('when %s does not change the version, and leaves nothing', async (_when, pattern) => {
    expect(digestOf(await trainDyingAt(pattern, prepared))).toBe(unbroken);
  });
});
