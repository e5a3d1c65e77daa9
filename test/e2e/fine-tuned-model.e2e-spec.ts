import OpenAI, { toFile } from 'openai';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningService } from '../support/running-service.js';

const STEPS = 60;
const TASKS = {
  balance: ['what is my balance', 'how much money is in my account', 'show me what is left in checking'],
  transfer: ['send money to bob', 'move cash to my savings', 'transfer funds to my sister'],
  weather: ['will it rain today', 'what is the forecast', 'how cold is it outside'],
};
const PLACES = [
  'now',
  'please',
  'for monday',
  'in boston',
  'as soon as you can',
  'if possible',
  'right away',
  'today sir',
];

/** Three intents, each in several wordings. */
function rows(): string {
  const all = Object.entries(TASKS).flatMap(([label, texts]) =>
    texts.flatMap((text) => PLACES.map((place) => JSON.stringify({ text: `${text} ${place}`, label }))),
  );
  return `${all.join('\n')}\n`;
}

let service: RunningService;
let client: OpenAI;
let file: string;
const connect = async (): Promise<OpenAI> =>
  new OpenAI({ baseURL: `${service.url}/v1`, apiKey: await service.defaultKey, maxRetries: 0 });

beforeAll(async () => {
  service = await RunningService.start({ env: { TRAINING_THREADS: '1' } });
  client = await connect();
  file = (await client.files.create({ purpose: 'fine-tune', file: await toFile(Buffer.from(rows()), 'intents.jsonl') }))
    .id;
});
afterAll(() => service.remove());

/** The method with hyper-parameters that OpenAI's types do not know. */
const supervised = (hyperparameters: object) => ({ type: 'supervised' as const, supervised: { hyperparameters } });

/** Near-duplicates are kept: the rows are few, and alike on purpose. */
const train = (suffix: string) =>
  client.fineTuning.jobs.create({
    ...{ model: 'base', training_file: file, seed: 3, suffix },
    ...{ adapter: { method: 'lora', rank: 8 }, dataset: { near_duplicates: 'keep' } },
    method: supervised({
      max_steps: STEPS,
      checkpoint_every: 5,
      max_tokens: 24,
      learning_rate: 3e-3,
      batch_size: 8,
    }),
  });

async function until<T>(find: () => Promise<T | undefined>, timeoutMs = 150_000): Promise<T> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`expected it within ${timeoutMs} ms:\n${service.log.slice(-2000)}`);
}

const ended = (id: string) =>
  until(async () => {
    const job = await client.fineTuning.jobs.retrieve(id);
    return job.finished_at === null ? undefined : job;
  });

/** Waits until a run has told of a step from `from` on. */
const reached = (id: string, from: number) =>
  until(async () => {
    const { progress, error } = (await client.fineTuning.jobs.retrieve(id)) as unknown as {
      progress: { step: number } | null;
      error: unknown;
    };
    if (error) throw new Error(JSON.stringify(error));
    return (progress?.step ?? 0) >= from ? true : undefined;
  });

async function child(): Promise<number> {
  return until(async () => {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const read = (name: string) => readFile(join('/proc', pid, name), 'utf8').catch(() => '');
      if (!(await read('cmdline')).includes('training-child.js')) continue;
      if ((await read('stat')).split(') ')[1]?.split(' ')[1] === String(service.process.pid)) return Number(pid);
    }
    return undefined;
  });
}

const digestOf = (model: string | null): string | undefined => model?.split('@')[1];

describe('a fine-tuned model', { timeout: 400_000 }, () => {
  let unbroken: OpenAI.FineTuning.FineTuningJob;

  it('answers at once, by its version and by its name, better than chance on words it has not seen', async () => {
    const { id } = await train('intents');
    unbroken = await ended(id);
    expect(unbroken).toMatchObject({ status: 'succeeded', error: null });
    expect(unbroken.trained_tokens).toBeGreaterThan(STEPS * 8);
    const key = await service.defaultKey;
    for (const model of [unbroken.fine_tuned_model!, 'intents']) {
      const input = ['how much is in my savings account', 'please send cash to my brother', 'is it going to rain'];
      const { status, body } = await service.call(key, 'POST', '/v1/classify', { model, input });
      expect(status).toBe(200);
      const labels = body.data.map(({ label }: { label: string }) => label);
      const right = ['balance', 'transfer', 'weather'].filter((label, at) => labels[at] === label);
      expect(right.length, labels.join()).toBeGreaterThanOrEqual(2);
    }
    const steps: number[] = [];
    for await (const { data } of client.fineTuning.jobs.listEvents(id, { limit: 100 })) {
      const { step, train_loss } = (data ?? {}) as { step?: number; train_loss?: number };
      if (step !== undefined && train_loss !== undefined) steps.unshift(train_loss);
    }
    expect(steps).toHaveLength(STEPS);
    expect(steps.at(-1)!).toBeLessThan(steps[0]! / 2);
    expect((await client.fineTuning.jobs.checkpoints.list(id)).data.length).toBeGreaterThan(5);
  });

  it('comes with the figures of its steps as a file, its lineage, and an evaluation on rows it was not trained on', async () => {
    const [result = ''] = unbroken.result_files;
    const lines = (await (await client.files.content(result)).text()).trim().split('\n');
    expect(lines[0]).toMatch(/^step,train_loss,valid_loss,/);
    expect(lines).toHaveLength(1 + STEPS);
    expect(await client.files.retrieve(result)).toMatchObject({ purpose: 'fine-tune-results' });
    const key = await service.defaultKey;
    const [name, digest] = unbroken.fine_tuned_model!.split('@');
    const lineage = await service.call(key, 'GET', `/v1/adapters/${name}/versions/${digest}/lineage`);
    expect(lineage.body).toMatchObject({ job: unbroken.id, seed: 3, parent: null, model: unbroken.fine_tuned_model });
    expect(lineage.body.hyperparameters).toMatchObject({ method: { name: 'lora', rank: 8 }, maxSteps: STEPS });
    const { rows } = lineage.body.card.splits.test;
    expect(lineage.body.split.test.rows).toBe(rows);
    const asked = { model: unbroken.fine_tuned_model, dataset: unbroken.id };
    const { id } = (await service.call(key, 'POST', '/v1/evaluations', asked)).body;
    const done = await until(async () => {
      const { body } = await service.call(key, 'GET', `/v1/evaluations/${id}`);
      return body.finished_at === null ? undefined : body;
    });
    expect(done).toMatchObject({ status: 'succeeded', split: 'test', dataset: unbroken.id, metrics: { rows } });
    expect(done.metrics.accuracy).toBeGreaterThan(0.6);
  });

  it('is driven by the client alone: events as they come, pages of checkpoints, an answer; or cancelled', async () => {
    const { id } = await train('streamed');
    const streamed: string[] = [];
    const response = await client.get(`/fine_tuning/jobs/${id}/events`, { query: { stream: 'true' } }).asResponse();
    for (const line of (await response.text()).split('\n')) if (line.startsWith('data: ')) streamed.push(line.slice(6));
    expect(streamed.pop()).toBe('[DONE]');
    const job = await client.fineTuning.jobs.retrieve(id);
    expect(job.status).toBe('succeeded');
    const listed: unknown[] = [];
    for await (const event of client.fineTuning.jobs.listEvents(id, { limit: 50 })) listed.unshift(event);
    expect(streamed.map((line) => JSON.parse(line) as unknown)).toEqual(listed);
    const steps: number[] = [];
    for await (const { step_number } of client.fineTuning.jobs.checkpoints.list(id, { limit: 2 }))
      steps.push(step_number);
    expect(steps.length).toBeGreaterThan(5);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => b - a));
    const answer: { data: { label: string }[] } = await client.post('/classify', {
      body: { model: job.fine_tuned_model, input: 'will it rain today please' },
    });
    expect(answer.data[0]?.label).toBe('weather');

    const other = await train('cancelled');
    await reached(other.id, 5);
    expect(await client.fineTuning.jobs.cancel(other.id)).toMatchObject({ status: 'cancelled' });
    await until(async () => ((await readdir(join(service.dataDir, 'runs'))).length === 0 ? true : undefined));
    const { status, fine_tuned_model: none } = await client.fineTuning.jobs.retrieve(other.id);
    expect([status, none]).toEqual(['cancelled', null]);
  });

  it('is the same when its process is killed on the way', async () => {
    const { id } = await train('killed');
    await reached(id, 12);
    process.kill(await child(), 'SIGKILL');
    const job = await ended(id);
    expect(job.status).toBe('succeeded');
    expect(digestOf(job.fine_tuned_model)).toBe(digestOf(unbroken.fine_tuned_model));
    const { data } = await client.fineTuning.jobs.listEvents(id, { limit: 100 });
    expect(data.filter(({ message }) => message.startsWith('Training goes on from step'))).toHaveLength(1);
  });

  it('is the same when it was paused on the way', async () => {
    const { id } = await train('paused');
    await reached(id, 8);
    expect(await client.fineTuning.jobs.pause(id)).toMatchObject({ status: 'paused' });
    await until(async () => ((await readdir(join(service.dataDir, 'runs'))).length === 0 ? true : undefined));
    await client.fineTuning.jobs.resume(id);
    const job = await ended(id);
    expect(digestOf(job.fine_tuned_model)).toBe(digestOf(unbroken.fine_tuned_model));
  });

  it('is the same when the whole service is killed on the way, which leaves nothing', async () => {
    const { id } = await train('restarted');
    await reached(id, 12);
    service.process.kill('SIGKILL');
    await once(service.process, 'exit');
    service = await RunningService.start({ dataDir: service.dataDir, env: { TRAINING_THREADS: '1' } });
    client = await connect();
    const job = await ended(id);
    expect(digestOf(job.fine_tuned_model)).toBe(digestOf(unbroken.fine_tuned_model));
    await until(async () => ((await readdir(join(service.dataDir, 'runs'))).length === 0 ? true : undefined));
    const checkpoints = async (): Promise<string[]> =>
      (await readdir(join(service.dataDir, 'objects'), { recursive: true })).filter((name) =>
        /checkpoints\/.*\.(json|safetensors)/.test(name),
      );
    await until(async () => ((await checkpoints()).length === 0 ? true : undefined)); // they go last
  });

  it('can be trained further', async () => {
    const { id } = await client.fineTuning.jobs.create({
      ...{ model: unbroken.fine_tuned_model!, training_file: file, seed: 4 },
      ...{ adapter: { method: 'lora', rank: 8 }, dataset: { near_duplicates: 'keep' } },
      method: supervised({ max_steps: 10, max_tokens: 24 }),
    });
    const job = await ended(id);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    expect(job.fine_tuned_model).toMatch(/^intents@sha256:/);
    expect(job.fine_tuned_model).not.toBe(unbroken.fine_tuned_model);
  });
});
