import OpenAI, { toFile } from 'openai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningService } from '../support/running-service.js';

const WORDINGS = {
  balance: ['what is my balance', 'how much money is in my account', 'show me what is left in checking'],
  transfer: ['send money to bob', 'move cash to my savings', 'transfer funds to my sister'],
};
const PLACES = ['now', 'please', 'for monday', 'in boston', 'as soon as you can', 'if possible', 'right away', 'sir'];
const ROWS = Object.entries(WORDINGS).flatMap(([label, texts]) =>
  texts.flatMap((text) => PLACES.map((place) => JSON.stringify({ text: `${text} ${place}`, label }))),
);
/** Fewer whole models than there are, so that they take turns in the engine. */
const ENV = { TRAINING_THREADS: '1', MAX_MODELS: '2' };
const OWN = ['balance', 'transfer'];
const QUESTIONS = ['how much is in my savings account', 'please send cash to my brother'];

type Job = OpenAI.FineTuning.FineTuningJob;

let service: RunningService;
let client: OpenAI;
let file: string;
let key: string;

beforeAll(async () => {
  service = await RunningService.start({ env: ENV });
  key = await service.defaultKey;
  client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
  const rows = await toFile(Buffer.from(`${ROWS.join('\n')}\n`), 'intents.jsonl');
  file = (await client.files.create({ purpose: 'fine-tune', file: rows })).id;
});
afterAll(() => service.remove());

/** The method with hyper-parameters that OpenAI's types do not know. */
const supervised = (hyperparameters: object) => ({ type: 'supervised' as const, supervised: { hyperparameters } });

const request = (suffix: string, model: string, adapter: object, steps: number) => ({
  ...{ model, training_file: file, seed: 3, suffix, adapter, dataset: { near_duplicates: 'keep' } },
  method: supervised({ max_steps: steps, max_tokens: 24, learning_rate: 2e-3, batch_size: 8 }),
});

async function train(suffix: string, adapter: object, { model = 'base', steps = 20 } = {}): Promise<Job> {
  const { id } = await client.fineTuning.jobs.create(request(suffix, model, adapter, steps));
  for (const endMs = Date.now() + 280_000; Date.now() < endMs;) {
    const job = await client.fineTuning.jobs.retrieve(id);
    if (job.finished_at !== null) return job;
    await sleep(100);
  }
  throw new Error(`expected the job to end:\n${service.log.slice(-2000)}`);
}

const call = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => service.call(key, method, path, body);
const classify = async (model: string) => {
  const { status, body } = await call('POST', '/v1/classify', { model, input: QUESTIONS });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.data.map(({ label }: { label: string }) => label) as string[];
};
const tensorObjects = async (): Promise<string[]> =>
  (await readdir(join(service.dataDir, 'objects'), { recursive: true })).filter((name) =>
    /\/tensors\/[0-9a-f]{64}$/.test(name),
  );

describe('a fully trained model', { timeout: 600_000 }, () => {
  let full: Job;
  let partial: Job;

  it('is made by a job and answers at once, beside the base and another like it', async () => {
    full = await train('whole', { method: 'full' });
    expect(full).toMatchObject({ status: 'succeeded', error: null });
    const before = (await tensorObjects()).length;
    partial = await train('top', { method: 'partial', top_layers: 1 });
    expect(partial).toMatchObject({ status: 'succeeded', error: null });
    expect((await tensorObjects()).length - before).toBeLessThan(before / 2);
    const models = [full.fine_tuned_model!, partial.fine_tuned_model!, 'whole', 'top'];
    for (const labels of await Promise.all(models.map(classify))) expect(labels).toEqual(OWN);
  });

  it('gives embeddings of its own', async () => {
    const embed = async (model: string) =>
      (await client.embeddings.create({ model, input: QUESTIONS[0]!, encoding_format: 'float' })).data[0]!.embedding;
    const [own, base] = [await embed('whole'), await embed('base')];
    expect(own.length).toBe(base.length);
    expect(own).not.toEqual(base);
  });

  it('refuses a task that it has no head for', async () => {
    const { status } = await call('POST', '/v1/fill_mask', { model: 'whole', input: 'send [MASK] now' });
    expect(status).toBe(400);
  });

  it('is downloaded as an ordinary directory', async () => {
    const digest = full.fine_tuned_model!.split('@')[1]!;
    const path = `/v1/adapters/whole/versions/${digest}/files`;
    const { body } = await call('GET', path);
    const names = body.data.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']));
    for (const { name, bytes, sha256 } of body.data) {
      const answer = await fetch(`${service.url}${path}/${name}`, { headers: { authorization: `Bearer ${key}` } });
      const content = Buffer.from(await answer.arrayBuffer());
      expect(content.byteLength, name).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  it('is trained on from where it is, by a method that trains a model whole', async () => {
    const job = await train('again', { method: 'hybrid', top_layers: 1 }, { model: 'whole', steps: 2 });
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    expect(await classify('again')).toEqual(OWN);
    for (const [model, adapter] of [
      ['whole', { method: 'lora' }],
      ['clinc-banking', { method: 'full' }],
    ] as const) {
      const { status, body } = await call('POST', '/v1/fine_tuning/jobs', request('no', model, adapter, 2));
      expect([status, body.error.param], JSON.stringify(body)).toEqual([400, 'adapter']);
    }
  });

  it('takes turns in the engine with others, beside adapters of the base', async () => {
    const expected = await call('POST', '/v1/classify', { model: 'clinc-banking', input: QUESTIONS });
    const models = ['whole', 'top', 'again', 'clinc-banking'];
    const mixed = Array.from({ length: 16 }, (_, at) => models[at % 4]!);
    const answers = await Promise.all(mixed.map((model) => call('POST', '/v1/classify', { model, input: QUESTIONS })));
    for (const [at, { status, body }] of answers.entries()) {
      expect(status, JSON.stringify(body)).toBe(200);
      const labels = body.data.map(({ label }: { label: string }) => label);
      const isPlain = mixed[at] === 'clinc-banking';
      expect(labels).toEqual(isPlain ? expected.body.data.map(({ label }: { label: string }) => label) : OWN);
    }
    const { body } = await service.call(await service.adminKey, 'GET', '/admin/residency');
    expect(body.models).toEqual({ held: 2, capacity: 2 });
    expect(body.bricks.filter(({ kind }: { kind: string }) => kind === 'model')).toHaveLength(2);
  });

  it('is not there for another tenant', async () => {
    const stranger = await service.newTenant('stranger');
    const name = full.fine_tuned_model!;
    const digest = name.split('@')[1]!;
    for (const [method, path, body] of [
      ['POST', '/v1/classify', { model: name, input: QUESTIONS }],
      ['POST', '/v1/embeddings', { model: 'whole', input: QUESTIONS }],
      ['GET', `/v1/adapters/whole/versions/${digest}/files/model.safetensors`],
      ['DELETE', '/v1/adapters/whole'],
    ] as const) {
      const answer = await service.call(stranger.key, method, path, body);
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
  });

  it('answers as before after kill -9', async () => {
    const input = { model: 'whole', input: QUESTIONS };
    const before = (await call('POST', '/v1/classify', input)).body.data;
    service.process.kill('SIGKILL');
    await once(service.process, 'exit');
    service = await RunningService.start({ dataDir: service.dataDir, env: ENV });
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
    expect((await call('POST', '/v1/classify', input)).body.data).toEqual(before);
  });

  it('is an error while a tensor of it is cut off, and answers again once that is whole', async () => {
    const objects = (await tensorObjects()).map((name) => join(service.dataDir, 'objects', name));
    await service.stop();
    const contents = await Promise.all(objects.map((path) => readFile(path)));
    await Promise.all(objects.map((path, at) => truncate(path, Math.floor(contents[at]!.byteLength / 2))));
    service = await RunningService.start({ dataDir: service.dataDir, env: ENV });
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
    const { status, body } = await call('POST', '/v1/classify', { model: 'whole', input: QUESTIONS });
    expect([status, body.error.code], JSON.stringify(body)).toEqual([502, 'object_corrupted']);
    await Promise.all(objects.map((path, at) => writeFile(path, contents[at]!)));
    expect(await classify('whole')).toEqual(OWN);
  });

  it('leaves to others of its kind what they share, and nothing when all are deleted', async () => {
    const before = await tensorObjects();
    for (const name of ['whole', 'again'])
      expect((await call('DELETE', `/v1/adapters/${name}`)).status).toBeLessThan(300);
    const left = await tensorObjects();
    expect(left.length).toBeLessThan(before.length / 2);
    expect(await classify('top')).toEqual(OWN);
    expect((await call('DELETE', '/v1/adapters/top')).status).toBeLessThan(300);
    expect(await tensorObjects()).toEqual([]);
  });
});
