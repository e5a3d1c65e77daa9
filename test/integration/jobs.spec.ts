import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toPublicId } from '../../src/common/public-id.js';
import { FineTuningJobEntity } from '../../src/jobs/fine-tuning-job.entity.js';
import { JobCheckpointEntity } from '../../src/jobs/job-checkpoint.entity.js';
import { JobClaims } from '../../src/jobs/job-claims.js';
import { JobEventEntity } from '../../src/jobs/job-event.entity.js';
import type { JobStatus } from '../../src/jobs/job-status.js';
import { FINE_TUNING, TrainingQueue } from '../../src/jobs/training-queue.js';
import { DatasetEntity } from '../../src/registry/dataset.entity.js';
import { VersionLineageEntity } from '../../src/registry/version-lineage.entity.js';
import ensureBuilt from '../support/build.js';
import { examples } from '../support/examples.js';
import { FakeObjectStore } from '../support/fake-object-store.js';
import { TestWorker } from '../support/jobs-kit.js';
import { queueBackend } from '../support/queue-backend.js';
import { TestDatabase } from '../support/servers.js';

const [backend, url] = queueBackend();

describe(`fine-tuning jobs over ${backend}`, { timeout: 300_000 }, () => {
  let database: TestDatabase;
  let worker: TestWorker;
  let tenantId: string;
  let file: string;
  const store = new FakeObjectStore();

  beforeAll(async () => {
    await ensureBuilt();
    database = await TestDatabase.create(inject('servers'), []);
    worker = await TestWorker.start({ database, store, redisUrl: url });
    tenantId = await worker.newTenant('owner');
    file = await worker.upload(tenantId, examples(60));
  });
  afterAll(async () => {
    await worker.stop();
    await database.close();
  });

  const checkpointObjects = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list('tenants/')) if (key.includes('/checkpoints/')) keys.push(key);
    return keys;
  };
  const change = (id: string, set: Partial<FineTuningJobEntity>) =>
    worker.db.run(tenantId, (manager) => manager.update(FineTuningJobEntity, { id }, set as never));
  const step = (at: number) => (job: { progress: { step: number } | null }) => (job.progress?.step ?? 0) >= at;

  it('goes from a file to a version with its lineage, and says so in events', async () => {
    const job = await worker.create(tenantId, file, { suffix: 'My Model!' });
    expect(job).toMatchObject({ status: 'validating_files', adapterName: 'my-model-' });
    const done = await worker.until(job, ['succeeded', 'failed']);
    expect(done).toMatchObject({ status: 'succeeded', error: null, trainedTokens: 1200, failures: 0 });
    expect(done.metrics).toMatchObject({ accuracy: 1, steps: 12, best_step: 10 });
    expect(done.fineTunedModel).toMatch(/^my-model-@sha256:[0-9a-f]{64}$/);
    for (const model of ['my-model-', done.fineTunedModel!]) {
      expect(await worker.registry.resolve(tenantId, model)).toMatchObject({ kind: 'adapter' });
    }
    const messages = await worker.messages(job);
    expect(messages[0]).toBe(`Created fine-tuning job: ${toPublicId('ftjob', job.id)}`);
    expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(/^Files validated: 60 of 60 rows/)]));
    expect(messages.filter((message) => /^Step \d+\/12: training/.test(message))).toHaveLength(12);
    expect(messages.at(-1)).toBe('The job has successfully completed');
    const lineage = await worker.db.run(tenantId, (manager) => manager.find(VersionLineageEntity));
    expect(lineage).toHaveLength(1);
    expect(lineage[0]).toMatchObject({ jobId: job.id, seed: 1, parentModel: null, baseDigest: 'ba'.repeat(32) });
    expect(lineage[0]).toMatchObject({ hyperparameters: { method: { name: 'lora', rank: 8 }, maxSteps: 12 } });
    const { items: checkpoints } = await worker.jobs.checkpoints(tenantId, toPublicId('ftjob', job.id), { limit: 9 });
    expect(checkpoints.map((checkpoint) => checkpoint.step)).toEqual([10, 5]);
    await worker.until(job, ({ claimId }) => claimId === null);
    expect(await checkpointObjects()).toEqual([]);
    expect(await worker.runs()).toEqual([]);
  });

  it('shares the split of a file that was prepared before, whatever the seed, and goes on from a version', async () => {
    const first = await worker.until(await worker.create(tenantId, file, { suffix: 'first', seed: 2 }), ['succeeded']);
    const model = first.fineTunedModel!;
    const second = await worker.until(await worker.create(tenantId, file, { model, seed: 3 }), ['succeeded', 'failed']);
    expect(second).toMatchObject({
      status: 'succeeded',
      datasetId: first.datasetId,
      adapterName: 'first',
      parentModel: model,
    });
    const moved = await worker.registry.resolve(tenantId, 'first');
    expect(moved).toMatchObject({ version: { digest: model.split('@')[1] } }); // nothing is promoted by training alone
    expect(await worker.db.run(tenantId, (manager) => manager.countBy(DatasetEntity, {}))).toBe(1);
  });

  it.each<[string, (at: { status: JobStatus; progress: { step: number } | null }) => boolean]>([
    ['validating_files', ({ status }) => status === 'validating_files'],
    ['running, before a checkpoint', (job) => job.status === 'running' && step(2)(job)],
    ['running, after a checkpoint', (job) => job.status === 'running' && step(11)(job)],
  ])('ends when it is cancelled while %s, and leaves nothing', async (_when, isThere) => {
    const job = await worker.create(tenantId, file, { steps: 40, suffix: 'never' });
    await worker.until(job, isThere);
    const cancelled = await worker.jobs.cancel(tenantId, toPublicId('ftjob', job.id), {});
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    const ended = await worker.until(job, ({ claimId }) => claimId === null);
    expect(ended).toMatchObject({ status: 'cancelled', fineTunedModel: null });
    expect(ended.finishedAt).not.toBeNull();
    expect(await checkpointObjects()).toEqual([]);
    expect(await worker.runs()).toEqual([]);
    await expect(worker.registry.resolve(tenantId, 'never')).rejects.toMatchObject({ code: 'model_not_found' });
    for (const action of ['cancel', 'pause', 'resume'] as const) {
      await expect(worker.jobs[action](tenantId, toPublicId('ftjob', job.id), {})).rejects.toMatchObject({
        status: 409,
      });
    }
  });

  it('pauses at a checkpoint and resumes to the result of an unbroken run', async () => {
    const unbroken = await worker.until(await worker.create(tenantId, file, { steps: 30, seed: 4 }), ['succeeded']);
    const job = await worker.create(tenantId, file, { steps: 30, seed: 4 });
    await worker.until(job, step(7));
    const id = toPublicId('ftjob', job.id);
    expect(await worker.jobs.pause(tenantId, id, {})).toMatchObject({ status: 'paused' });
    const paused = await worker.until(job, ({ claimId }) => claimId === null);
    expect(paused.status).toBe('paused');
    expect((await checkpointObjects()).length).toBeGreaterThan(0);
    await worker.jobs.resume(tenantId, id, {});
    const done = await worker.until(job, ['succeeded', 'failed']);
    const digest = ({ fineTunedModel }: typeof done) => fineTunedModel!.split('@')[1];
    expect(digest(done)).toBe(digest(unbroken));
    const messages = await worker.messages(job);
    expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(/^Training goes on from step \d+ of 30/)]));
    expect(messages.filter((message) => message.startsWith('Step 6/'))).toHaveLength(1);
  });

  it('goes on from its checkpoint when its process is killed', async () => {
    const job = await worker.create(tenantId, file, { seed: 667 });
    expect(await worker.until(job, ['succeeded', 'failed'])).toMatchObject({ status: 'succeeded' });
    const messages = await worker.messages(job);
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.stringContaining('(training_process_died) and is tried again'),
        'Training goes on from step 5 of 12',
      ]),
    );
  });

  it.each([
    [666, 'diverged', 'step 8', 5],
    [669, 'disk_full', 'no room', 5],
    [668, 'training_process_died', 'SIGKILL', undefined],
  ])('with seed %i fails as %s, promotes nothing and names the last good checkpoint', async (seed, code, text, at) => {
    const job = await worker.create(tenantId, file, { seed, suffix: `bad-${seed}` });
    const failed = await worker.until(job, ['succeeded', 'failed']);
    expect(failed).toMatchObject({ status: 'failed', error: { code } });
    expect(failed.error?.message).toContain(text);
    const { events } = await worker.jobs.events(tenantId, toPublicId('ftjob', job.id), { limit: 1 });
    expect(events[0]).toMatchObject({ level: 'error' });
    expect(events[0]?.data?.['checkpoint_step']).toBe(at);
    await worker.until(job, ({ claimId }) => claimId === null);
    expect(await checkpointObjects()).toEqual([]);
    await expect(worker.registry.resolve(tenantId, `bad-${seed}`)).rejects.toMatchObject({ status: 404 });
  });

  it('fails with the list of faults when the data cannot be trained on', async () => {
    const bad = await worker.upload(tenantId, '{"text":"a","label":"x"}\nnot json\n{"text":1}\n');
    const job = await worker.create(tenantId, bad);
    const failed = await worker.until(job, ['succeeded', 'failed']);
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_training_file', param: 'training_file' },
    });
    const { events } = await worker.jobs.events(tenantId, toPublicId('ftjob', job.id), { limit: 1 });
    const { first } = events[0]!.data!['faults'] as { first: { line: number; kind: string }[] };
    expect(first).toEqual(expect.arrayContaining([expect.objectContaining({ line: 2, kind: 'invalid_json' })]));
  });

  it('is taken over from a worker that is dead, and only then', async () => {
    const job = await worker.create(tenantId, file, { steps: 200 });
    await worker.until(job, step(2));
    const theirs = randomUUID();
    await change(job.id, { claimId: theirs, leaseUntil: new Date(Date.now() + 60_000) }); // as another worker's claim
    await expect.poll(() => worker.runs(), { timeout: 10_000 }).toEqual([]); // the first worker lets go of it
    expect(await worker.get(job)).toMatchObject({ status: 'running', claimId: theirs });
    await change(job.id, { leaseUntil: new Date(0) });
    const taken = await worker.until(job, ({ claimId }) => claimId !== theirs && claimId !== null);
    expect(taken).toMatchObject({ status: 'running', failures: 1 });
    await worker.jobs.cancel(tenantId, toPublicId('ftjob', job.id), {});
    await worker.until(job, ({ claimId }) => claimId === null);
  });

  it('runs once, however often it is announced', async () => {
    const queue = worker.module.get(TrainingQueue, { strict: false });
    const job = await worker.create(tenantId, file, { seed: 5 });
    await Promise.all(Array.from({ length: 10 }, () => queue.announce()));
    await worker.until(job, ['succeeded']);
    await queue.ensure(3);
    const started = (await worker.messages(job)).filter((message) => message.startsWith('Training started'));
    expect(started).toHaveLength(1);
  });

  it('goes on when the queue has lost all its tickets, and the next one is found without', async () => {
    const first = await worker.create(tenantId, file, { seed: 6, steps: 30 });
    const second = await worker.create(tenantId, file, { seed: 7 });
    await worker.until(first, step(3));
    await worker.module.get<Queue>(getQueueToken(FINE_TUNING), { strict: false }).obliterate({ force: true });
    for (const job of [first, second]) {
      expect(await worker.until(job, ['succeeded', 'failed'])).toMatchObject({ status: 'succeeded', failures: 0 });
    }
  });

  it('of a tenant with many does not keep another waiting', async () => {
    const other = await worker.newTenant('other');
    const otherFile = await worker.upload(other, examples(40));
    const many = await Promise.all(
      Array.from({ length: 6 }, (_, at) => worker.create(tenantId, file, { steps: 10, seed: 100 + at })),
    );
    const one = await worker.create(other, otherFile, { steps: 10 });
    await worker.until(one, ['succeeded']);
    const open = (await Promise.all(many.map((job) => worker.get(job)))).filter(({ status }) => status !== 'succeeded');
    expect(open.length).toBeGreaterThan(3);
    await Promise.all(many.map((job) => worker.until(job, ['succeeded'])));
  });

  it('waits when the tenant may run no more, and is refused when too many wait', async () => {
    const limited = await worker.newTenant('limited');
    const data = await worker.upload(limited, examples(40));
    await worker.quotas.set(limited, { trainingJobs: 0, queuedJobs: 2 }, {});
    const jobs = [await worker.create(limited, data), await worker.create(limited, data)];
    await expect(worker.create(limited, data)).rejects.toMatchObject({ status: 429, code: 'queued_jobs_exceeded' });
    for (const job of jobs) await worker.until(job, ['queued']);
    const claims = worker.module.get(JobClaims, { strict: false });
    expect(await claims.count(['training'], 9)).toBe(0);
    await worker.jobs.cancel(limited, toPublicId('ftjob', jobs[0]!.id), {});
    await worker.quotas.set(limited, { trainingJobs: 1 }, {});
    await worker.until(jobs[1]!, ['succeeded']);
  });

  it('goes back to the queue when its process stops, and to another worker', async () => {
    const second = await TestWorker.start({ database, store, redisUrl: url });
    const job = await second.create(tenantId, file, { steps: 60, seed: 9 });
    await worker.until(job, step(3));
    const stopping = (await worker.runs()).length > 0 ? worker : second;
    if (stopping === second) await second.stop();
    else {
      await worker.stop();
      worker = second;
    }
    expect(await worker.until(job, ['succeeded', 'failed'])).toMatchObject({ status: 'succeeded', failures: 0 });
    const resumed = (await worker.messages(job)).filter((message) => message.startsWith('Training goes on'));
    expect(resumed).toHaveLength(1);
  });

  it('keeps its file from being deleted while it runs', async () => {
    const data = await worker.upload(tenantId, examples(50));
    const job = await worker.create(tenantId, data, { steps: 30 });
    await expect(worker.files.delete(tenantId, data, {})).rejects.toMatchObject({ status: 409, code: 'file_in_use' });
    await worker.jobs.cancel(tenantId, toPublicId('ftjob', job.id), {});
    await worker.files.delete(tenantId, data, {});
    expect(await worker.until(job, ({ claimId }) => claimId === null)).toMatchObject({ status: 'cancelled' });
  });

  it('is found by its metadata, and does not exist for another tenant', async () => {
    const job = await worker.create(tenantId, file, { metadata: { team: 'a', run: '1' }, suffix: 'secret' });
    const found = await worker.jobs.list(tenantId, { limit: 10, metadata: { team: 'a' } });
    expect(found.items.map(({ id }) => id)).toEqual([job.id]);
    expect((await worker.jobs.list(tenantId, { limit: 10, metadata: { team: 'b' } })).items).toEqual([]);
    const stranger = await worker.newTenant('stranger');
    const id = toPublicId('ftjob', job.id);
    for (const ask of [
      () => worker.jobs.require(stranger, id),
      () => worker.jobs.cancel(stranger, id, {}),
      () => worker.jobs.pause(stranger, id, {}),
      () => worker.jobs.resume(stranger, id, {}),
      () => worker.jobs.events(stranger, id, { limit: 1 }),
      () => worker.jobs.checkpoints(stranger, id, { limit: 1 }),
      () => worker.create(stranger, file),
      () => worker.create(stranger, file, { model: 'secret' }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ status: 404 });
    }
    expect((await worker.jobs.list(stranger, { limit: 10 })).items).toEqual([]);
    await worker.until(job, ['succeeded']);
    await worker.db.run(stranger, async (manager) => {
      for (const entity of [
        FineTuningJobEntity,
        JobEventEntity,
        JobCheckpointEntity,
        DatasetEntity,
        VersionLineageEntity,
      ]) {
        expect(await manager.countBy(entity, {})).toBe(0);
      }
    });
  });
});
