import OpenAI, { toFile } from 'openai';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findPostmasterPid, isRunning } from '../../src/database/postmaster.js';
import { BAD_DATA, STRANGE_DATA } from '../support/bad-input/data-cases.js';
import { examples } from '../support/examples.js';
import { Gate } from '../support/gate.js';
import { findOrphans, isAlive, trainingChildren } from '../support/orphans.js';
import { RunningService } from '../support/running-service.js';
import { writeTinyModel } from '../support/tiny-model.js';

type Place = readonly [phase: string, kind: 'link' | 'query', pattern: string];

/** Where a job is held: before an object is stored, or before a statement is sent. */
const PLACES = {
  dataset: ['making the data set', 'query', 'INSERT INTO "datasets"'],
  training: ['training', 'query', 'INSERT INTO "fine_tuning_events".*Step 1/'],
  saving: ['storing a checkpoint', 'link', '/checkpoints/.*/state\\.safetensors$'],
  saved: ['making a checkpoint known', 'query', 'INSERT INTO "fine_tuning_checkpoints"'],
  importing: ['storing the version', 'link', '/adapters/.*/adapter_model\\.safetensors$'],
  ending: ['making the version', 'query', 'The job has successfully completed'],
} as const satisfies Record<string, Place>;

const command = promisify(execFile);

let home: string;
let gate: Gate;
let service: RunningService;
let client: OpenAI;
let rows = 60;

const start = async (dataDir?: string): Promise<void> => {
  const env = { BASE_MODEL: join(home, 'base'), TRAINING_THREADS: '1', THREADS: '1', LOG_LEVEL: 'warn', ...gate.env };
  service = await RunningService.start({ env, ...(dataDir !== undefined && { dataDir }) });
  client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: await service.defaultKey, maxRetries: 0 });
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tessera-faults-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  gate = await Gate.create();
  await start();
});
afterAll(async () => {
  await service.remove();
  await gate.remove();
  await rm(home, { recursive: true });
});

const upload = async (bytes: string | Uint8Array, name = 'rows.jsonl'): Promise<string> =>
  (await client.files.create({ purpose: 'fine-tune', file: await toFile(Buffer.from(bytes), name) })).id;

/** Hyper-parameters that OpenAI's types do not know. */
const SHORT: object = { max_steps: 24, checkpoint_every: 10, max_tokens: 16, batch_size: 4 };

/** A file that no job has prepared yet. */
const freshFile = (): Promise<string> => upload(examples(rows++));

let jobs = 0;
/** Each as an adapter of its own, since what one was trained on decides what the next one of its name is tested on. */
const train = async (training_file: string, hyperparameters: object = {}) =>
  client.fineTuning.jobs.create({
    ...{ model: 'base', training_file, seed: 3, suffix: `job-${jobs++}`, adapter: { method: 'lora', rank: 2 } },
    method: { type: 'supervised', supervised: { hyperparameters: { ...SHORT, ...hyperparameters } } },
  });

async function until<T>(find: () => Promise<T | undefined>, timeoutMs = 120_000): Promise<T> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`expected it within ${timeoutMs} ms:\n${service.log.slice(-3000)}`);
}

const ended = ({ id }: { id: string }) =>
  until(async () => {
    const job = await client.fineTuning.jobs.retrieve(id).catch((error: unknown) => {
      if (error instanceof OpenAI.APIConnectionError || error instanceof OpenAI.InternalServerError) return undefined;
      throw error;
    });
    return job && job.finished_at !== null ? job : undefined;
  });

async function eventsOf({ id }: { id: string }) {
  return (await client.fineTuning.jobs.listEvents(id, { limit: 100 })).data;
}

const digestOf = (model: string | null): string | undefined => model?.split('@')[1];

describe('training under faults', () => {
  /** Afterwards there are no orphan rows, objects, files or processes. */
  afterEach(async () => {
    const look = () => findOrphans(service.dataDir, service.process.pid);
    const isClean = () =>
      look()
        .then((found) => (found.length === 0 ? true : undefined))
        .catch(() => undefined);
    await until(isClean, 20_000).catch(() => undefined); // what is left then is shown
    expect(await look()).toEqual([]);
  });

  /** What comes of the file when nothing happens. */
  async function digestUnbroken(file: string): Promise<string | undefined> {
    const job = await ended(await train(file));
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    return digestOf(job.fine_tuned_model);
  }

  it('makes the same version of a file as often as it is asked', async () => {
    const file = await freshFile();
    const digest = await digestUnbroken(file);
    expect(await digestUnbroken(file)).toBe(digest);
  });

  /** The job goes to each of these places, and what is done to it there does not change what comes of it. */
  async function expectUnbroken(places: readonly Place[], disturb: () => Promise<void>): Promise<void> {
    const file = await freshFile();
    const [first, ...rest] = places;
    await gate.plan(first![1], first![2]);
    const job = await train(file);
    for (const next of [...rest, undefined]) {
      await gate.held();
      if (next) await gate.plan(next[1], next[2]);
      await disturb();
    }
    const done = await ended(job);
    expect(done).toMatchObject({ status: 'succeeded', error: null });
    expect(digestOf(done.fine_tuned_model)).toBe(await digestUnbroken(file));
  }

  it('makes the same version when the service is killed while it stores a checkpoint and makes the version', () =>
    expectUnbroken([PLACES.saving, PLACES.ending], async () => {
      const children = await trainingChildren(service.process.pid);
      service.process.kill('SIGKILL');
      await once(service.process, 'exit');
      for (const pid of children) await until(async () => ((await isAlive(pid)) ? undefined : true));
      await start(service.dataDir);
    }));

  it('makes the same version when PostgreSQL is killed in every phase', () =>
    expectUnbroken(Object.values(PLACES), async () => {
      const pgdata = join(service.dataDir, 'postgres');
      await until(async () => ((await isRunning(pgdata)) ? true : undefined)); // again, after the time before
      process.kill((await findPostmasterPid(pgdata))!, 'SIGKILL');
      await gate.open();
    }));

  it.each(Object.values(PLACES))(
    'leaves nothing of a job that is cancelled while %s',
    async (_phase, kind, pattern) => {
      const file = await freshFile();
      await gate.plan(kind, pattern);
      const job = await train(file);
      await gate.held();
      const cancel = client.fineTuning.jobs.cancel(job.id).then(
        ({ status }) => status,
        (error: unknown) => error instanceof OpenAI.ConflictError,
      );
      await sleep(200); // the statement that is held may hold the job's row
      await gate.open();
      const done = await ended(job);
      // Whoever is first decides, and the other one hears of it.
      expect([
        ['cancelled', 'cancelled', null],
        [true, 'succeeded', expect.stringContaining('@')],
      ]).toContainEqual([await cancel, done.status, done.fine_tuned_model]);
      await until(async () => ((await trainingChildren(service.process.pid)).length === 0 ? true : undefined));
      await client.files.delete(file);
    },
  );

  it('leaves nothing of a job that is cancelled while it waits', async () => {
    const file = await freshFile();
    await gate.plan(...(PLACES.training.slice(1) as ['query', string]));
    const busy = await train(file);
    await gate.held();
    const waiting = await train(file);
    await until(async () =>
      (await client.fineTuning.jobs.retrieve(waiting.id)).status === 'queued' ? true : undefined,
    );
    expect(await client.fineTuning.jobs.cancel(waiting.id)).toMatchObject({
      status: 'cancelled',
      fine_tuned_model: null,
    });
    const cancel = client.fineTuning.jobs.cancel(busy.id); // waits for the statement that is held
    await gate.open();
    expect(await cancel).toMatchObject({ status: 'cancelled', fine_tuned_model: null });
    await ended(busy);
  });

  it('fails at the step whose loss is not finite, names the last good checkpoint and promotes nothing', async () => {
    const job = await train(await freshFile(), { learning_rate: 1e30, checkpoint_every: 1 });
    const { status, error, fine_tuned_model } = await ended(job);
    expect({ status, fine_tuned_model, code: error?.code }).toEqual({
      ...{ status: 'failed', fine_tuned_model: null, code: 'diverged' },
    });
    expect(error?.message).toMatch(/step \d+/);
    const [last] = await eventsOf(job);
    expect(last).toMatchObject({ level: 'error', data: { code: 'diverged' } });
    const at = Number(/step (\d+)/.exec(error?.message ?? '')?.[1]);
    const saved = (last?.data as { checkpoint_step?: number }).checkpoint_step;
    expect(saved === undefined ? at : at - saved).toBeLessThanOrEqual(2);
    const { status: answer } = await service.call(await service.defaultKey, 'POST', '/v1/classify', {
      model: `job-${jobs - 1}`,
      input: 'a',
    });
    expect(answer).toBe(404);
  });

  it.each([PLACES.saving, PLACES.importing])('fails for want of room while %s', async (_phase, kind, pattern) => {
    await gate.plan(kind, pattern, 'ENOSPC');
    const job = await ended(await train(await freshFile()));
    expect(job).toMatchObject({ status: 'failed', fine_tuned_model: null, error: { code: 'disk_full' } });
  });

  /** A file system of its own takes the right to mount one. */
  it.runIf(process.getuid?.() === 0)(
    'fails for want of room where it trains, and trains again when there is some',
    async () => {
      const directory = join(service.dataDir, 'runs');
      const file = await freshFile();
      const digest = await digestUnbroken(file);
      await command('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
      try {
        const job = await ended(await train(file));
        expect(job).toMatchObject({ status: 'failed', fine_tuned_model: null, error: { code: 'disk_full' } });
        await until(async () => ((await readdir(directory)).length === 0 ? true : undefined));
      } finally {
        await command('umount', [directory]);
      }
      expect(await digestUnbroken(file)).toBe(digest);
    },
  );

  it.each(BAD_DATA)('says what is wrong with data that are %s', async (_what, name, bytes, message) => {
    const job = await ended(await train(await upload(bytes, name)));
    expect(job).toMatchObject({ status: 'failed', fine_tuned_model: null });
    expect(job.error).toMatchObject({ code: 'invalid_training_file', param: 'training_file' });
    expect(job.error?.message).toMatch(message);
    expect(job.error?.message.length).toBeLessThan(1000);
  });

  it.each(STRANGE_DATA)('learns from data with %s', async (_what, name, bytes, labels) => {
    const job = await ended(await train(await upload(bytes, name), { max_steps: 2 }));
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    const ask = { model: job.fine_tuned_model!, input: 'river' };
    const { status, body } = await service.call(await service.defaultKey, 'POST', '/v1/classify', ask);
    expect(status).toBe(200);
    expect(body.data[0].scores.map(({ label }: { label: string }) => label).sort()).toEqual([...labels].sort());
  });
});
