import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toPublicId } from '../../src/common/public-id.js';
import type { FineTuningJob } from '../../src/jobs/fine-tuning-job.entity.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { TrainingMetrics } from '../../src/metrics/training-metrics.js';
import { FakeObjectStore } from '../support/fake-object-store.js';
import ensureBuilt from '../support/build.js';
import { examples } from '../support/examples.js';
import { TestWorker } from '../support/jobs-kit.js';
import { queueBackend } from '../support/queue-backend.js';
import { TestDatabase } from '../support/servers.js';

const [backend, url] = queueBackend();

describe(`jobs that train together, queued in ${backend}`, { timeout: 300_000 }, () => {
  const store = new FakeObjectStore();
  const tenants = new Map<string, { readonly id: string; readonly file: string }>();
  let database: TestDatabase;
  let worker: TestWorker;

  beforeAll(async () => {
    await ensureBuilt();
    database = await TestDatabase.create(inject('servers'), []);
    worker = await TestWorker.start({ database, store, redisUrl: url, group: 8 });
    for (const name of ['ada', 'ben', 'cleo', 'blocker']) {
      const id = await worker.newTenant(name);
      tenants.set(name, { id, file: await worker.upload(id, examples(40)) });
    }
  });
  afterAll(async () => {
    await worker.stop();
    await database.close();
  });

  type Options = Parameters<TestWorker['create']>[2];
  const create = (tenant: string, options: Options): Promise<FineTuningJob> => {
    const { id, file } = tenants.get(tenant)!;
    return worker.create(id, file, options);
  };
  const step = (at: number) => (job: FineTuningJob) => (job.progress?.step ?? 0) >= at;
  const publicId = ({ id }: FineTuningJob): string => toPublicId('ftjob', id);
  const ended = (job: FineTuningJob) => worker.until(job, ['succeeded', 'failed']);
  const digestOf = ({ fineTunedModel }: FineTuningJob) => fineTunedModel?.split('@')[1];

  /** Jobs that all wait before one of them is taken. */
  async function waiting(asked: readonly (readonly [tenant: string, options: Options])[]): Promise<FineTuningJob[]> {
    const blocker = await create('blocker', { steps: 1_000, adapter: { method: 'bitfit' } });
    await worker.until(blocker, step(1));
    const jobs: FineTuningJob[] = [];
    for (const [tenant, options] of asked) {
      const job = await create(tenant, options);
      await worker.until(job, ['queued']);
      jobs.push(job);
    }
    await worker.jobs.cancel(blocker.tenantId, publicId(blocker), {});
    return jobs;
  }

  /** What the job makes of itself by itself. */
  async function alone(tenant: string, options: Options): Promise<string | undefined> {
    return digestOf(await ended(await create(tenant, options)));
  }

  /** Jobs that were taken at once, in groups of their positions. */
  async function groups(jobs: readonly FineTuningJob[]): Promise<number[][]> {
    const byTime = new Map<number, number[]>();
    for (const [at, job] of jobs.entries()) {
      const time = (await worker.get(job)).claimedAt?.getTime() ?? 0;
      byTime.set(time, [...(byTime.get(time) ?? []), at]);
    }
    return [...byTime].sort(([a], [b]) => a - b).map(([, members]) => members);
  }

  it('share one process across tenants, each with its own result, and nothing of one shows at another', async () => {
    const own = [71, 72].map((seed) => ({ seed, steps: 12 }));
    const expected = [await alone('ada', own[0]), await alone('ben', own[1])];
    const before = await startedGroups();
    const jobs = await waiting([
      ['ada', own[0]!],
      ['ben', own[1]!],
      ['cleo', { seed: 666, steps: 12 }],
    ]);
    const done = await Promise.all(jobs.map(ended));
    expect(done.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'failed']);
    expect(done.slice(0, 2).map(digestOf)).toEqual(expected);
    expect(await groups(jobs)).toEqual([[0, 1, 2]]);
    expect(await startedGroups()).toEqual({ groups: before.groups + 1, runs: before.runs + 3 });
    expect(done[2]?.error).toMatchObject({ code: 'diverged' });

    const marks = ['the seed is 71', 'the seed is 72', 'the seed is 666'];
    for (const [at, job] of jobs.entries()) {
      const { events } = await worker.jobs.events(job.tenantId, publicId(job), { limit: 1_000 });
      const text = JSON.stringify(events);
      marks.forEach((mark, of) => expect(text.includes(mark), `${mark} at ${at}`).toBe(of === at));
      expect(events.filter(({ message }) => message.startsWith('Step 6/'))).toHaveLength(1);
      expect(/diverged|NaN/.test(text)).toBe(at === 2);
      for (const other of jobs) {
        if (other !== job) expect(text).not.toContain(publicId(other));
      }
      const checkpoints = await worker.jobs.checkpoints(job.tenantId, publicId(job), { limit: 9 });
      expect(checkpoints.items.map((checkpoint) => checkpoint.step)).toEqual(at === 2 ? [5] : [10, 5]);
    }
    const { text } = await worker.module.get(Metrics, { strict: false }).expose();
    const losses = text.split('\n').filter((line) => line.startsWith('tessera_training_loss{'));
    expect(losses).toEqual([]); // forgotten with each run's end
    await Promise.all(jobs.map((job) => worker.until(job, ({ claimId }) => claimId === null)));
    expect(await worker.runs()).toEqual([]);
  });

  it('lose one that is cancelled and one that is paused, and the rest go on', async () => {
    const options = { seed: 81, steps: 40 };
    const expected = await alone('ben', options);
    const jobs = await waiting([
      ['ada', { seed: 80, steps: 40 }],
      ['ben', options],
      ['cleo', { seed: 82, steps: 40 }],
    ]);
    const [cancelled, paused, other] = jobs as [FineTuningJob, FineTuningJob, FineTuningJob];
    await worker.until(paused, step(7));
    await worker.jobs.cancel(cancelled.tenantId, publicId(cancelled), {});
    await worker.jobs.pause(paused.tenantId, publicId(paused), {});
    expect(await worker.until(cancelled, ({ claimId }) => claimId === null)).toMatchObject({ status: 'cancelled' });
    expect(await worker.until(paused, ({ claimId }) => claimId === null)).toMatchObject({ status: 'paused' });
    expect(await ended(other)).toMatchObject({ status: 'succeeded', failures: 0 });
    expect(await groups([other, cancelled])).toHaveLength(1);
    await worker.jobs.resume(paused.tenantId, publicId(paused), {});
    expect(digestOf(await ended(paused))).toBe(expected);
    expect(await worker.messages(paused)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Training goes on from step [1-9]\d* of 40/)]),
    );
  });

  it('all go on from their checkpoints to the same results when their process is killed', async () => {
    const own = [91, 667].map((seed) => ({ seed, steps: 14 }));
    const expected = await alone('ada', own[0]);
    const jobs = await waiting([
      ['ada', own[0]!],
      ['ben', own[1]!],
    ]);
    const done = await Promise.all(jobs.map(ended));
    expect(done.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(digestOf(done[0]!)).toBe(expected);
    for (const job of jobs) {
      const messages = await worker.messages(job);
      expect(messages).toEqual(
        expect.arrayContaining([
          expect.stringContaining('(training_process_died) and is tried again'),
          'Training goes on from step 5 of 14',
        ]),
      );
      expect(messages.filter((message) => message.startsWith('Step 7/'))).toHaveLength(1);
    }
    expect(await groups(jobs)).toHaveLength(2); // one by one after that
  });

  it('take no second place while a tenant with fewer runs waits, and no more than their quota', async () => {
    await worker.quotas.set(tenants.get('cleo')!.id, { trainingJobs: 1 }, {});
    const short = { steps: 10, adapter: { method: 'lora' } };
    const jobs = await waiting([
      ['ada', { ...short, seed: 1 }],
      ['ada', { ...short, seed: 2 }],
      ['cleo', { ...short, seed: 3 }],
      ['cleo', { ...short, seed: 4 }],
      ['ben', { steps: 10, seed: 5, adapter: { method: 'ia3' } }],
    ]);
    await Promise.all(jobs.map(ended));
    const together = await groups(jobs);
    const groupOf = (at: number): number => together.findIndex((members) => members.includes(at));
    expect(groupOf(1)).toBeGreaterThan(groupOf(4)); // after ben, who had no run when ada had one
    expect(groupOf(0)).toBe(groupOf(2));
    expect(groupOf(3)).toBeGreaterThan(groupOf(2));
    expect(together[groupOf(4)]).toEqual([4]); // another method
    await worker.quotas.set(tenants.get('cleo')!.id, { trainingJobs: null }, {});
  });

  it('go back to the queue when the process stops, and to another worker', async () => {
    const jobs = await waiting([
      ['ada', { seed: 31, steps: 60 }],
      ['ben', { seed: 32, steps: 60 }],
    ]);
    await Promise.all(jobs.map((job) => worker.until(job, step(7))));
    const second = await TestWorker.start({ database, store, redisUrl: url, group: 8 });
    await worker.stop();
    worker = second;
    const done = await Promise.all(jobs.map(ended));
    expect(done.map(({ status, failures }) => [status, failures])).toEqual(jobs.map(() => ['succeeded', 0]));
    for (const job of jobs) {
      const resumed = (await worker.messages(job)).filter((message) => message.startsWith('Training goes on'));
      expect(resumed).toHaveLength(1);
    }
  });

  async function startedGroups(): Promise<{ groups: number; runs: number }> {
    const { values } = await worker.module.get(TrainingMetrics, { strict: false }).groupRuns.get();
    const valueOf = (name: string) => values.find(({ metricName }) => metricName?.endsWith(name))?.value ?? 0;
    return { groups: valueOf('_count'), runs: valueOf('_sum') };
  }
});
