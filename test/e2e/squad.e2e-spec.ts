import OpenAI, { toFile } from 'openai';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunningService } from '../support/running-service.js';

let service: RunningService;
beforeAll(async () => (service = await RunningService.start({ env: { TRAINING_THREADS: '1' } })));
afterAll(() => service.remove());

const TOPICS = { money: ['what is my balance', 'send cash to bob'], weather: ['will it rain', 'how cold is it'] };
const MOODS = { polite: ['please', 'if you can'], rude: ['now or else', 'you idiot'] };

/** Each text is a row of both tasks. */
const rows = Object.entries(TOPICS).flatMap(([topic, starts]) =>
  Object.entries(MOODS).flatMap(([mood, ends]) =>
    starts.flatMap((start) =>
      ends.flatMap((end) => [
        { text: `${start} ${end}`, task: 'topic', label: topic },
        { text: `${start} ${end}`, task: 'mood', label: mood },
      ]),
    ),
  ),
);
const HYPERPARAMETERS: object = { max_steps: 60, max_tokens: 24, learning_rate: 3e-3, batch_size: 16 };
const SQUAD = { method: 'mod_squad', experts: 4, top_k: 2, rank: 4 };
const TASKS = { topic: 1, mood: 1 };

it('a squad is trained by a job, and answers as a composition of each task', { timeout: 600_000 }, async () => {
  const key = await service.defaultKey;
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const file = await client.files.create({ purpose: 'fine-tune', file: await toFile(Buffer.from(text), 'rows.jsonl') });
  const body = {
    ...{ model: 'base', training_file: file.id, seed: 1, suffix: 'crew' },
    ...{ adapter: SQUAD, objective: { name: 'mod_squad', tasks: TASKS, balance_weight: 0.1 } },
    dataset: { near_duplicates: 'keep', validation_fraction: 0, test_fraction: 0 },
    method: { type: 'supervised' as const, supervised: { hyperparameters: HYPERPARAMETERS } },
  };
  let job = await client.fineTuning.jobs.create(body);
  while (job.finished_at === null) {
    await sleep(100);
    job = await client.fineTuning.jobs.retrieve(job.id);
  }
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  expect(job.fine_tuned_model).toMatch(/^crew\.mood@sha256:/);
  for (const task of ['topic', 'mood']) {
    const own = rows.filter((row) => row.task === task);
    const asked = { model: `crew.${task}`, input: own.map((row) => row.text) };
    const { status, body: answer } = await service.call(key, 'POST', '/v1/classify', asked);
    expect([status, answer.error]).toEqual([200, undefined]);
    const right = answer.data.filter((row: { label: string }, at: number) => row.label === own[at]?.label);
    expect(right.length).toBeGreaterThanOrEqual(0.8 * own.length);
    const lineage = await service.call(key, 'GET', `/v1/adapters/crew.${task}/versions/${answer.version}/lineage`);
    expect(lineage.body).toMatchObject({ job: job.id, seed: 1 });
  }
  const { body: expert } = await service.call(key, 'GET', '/v1/adapters/crew.e03');
  expect(expert).toMatchObject({ name: 'crew.e03' });

  const wrong = async (more: object) => {
    const { status, body: answer } = await service.call(key, 'POST', '/v1/fine_tuning/jobs', { ...body, ...more });
    return [status, answer.error?.param];
  };
  expect(await wrong({ adapter: { ...SQUAD, experts: 1 } })).toEqual([400, 'adapter']);
  expect(await wrong({ adapter: { ...SQUAD, top_k: 5 } })).toEqual([400, 'adapter']);
  expect(await wrong({ adapter: { method: 'lora' } })).toEqual([400, 'adapter']);
  expect(await wrong({ objective: { name: 'mod_squad', tasks: { topic: 1 } } })).toEqual([400, 'objective']);
  expect(await wrong({ objective: { name: 'multi_task', tasks: TASKS } })).toEqual([400, 'adapter']);
  expect(await wrong({ objective: { name: 'mod_squad', tasks: TASKS, balance: 'luck' } })).toEqual([400, 'objective']);
  const other = (await service.newTenant('other')).key;
  for (const name of ['crew.e03', 'crew.mood.router', 'crew.mood']) {
    expect((await service.call(other, 'GET', `/v1/adapters/${name}`)).status).toBe(404);
  }
  const foreign = { model: 'crew.mood', input: 'what is my balance' };
  expect((await service.call(other, 'POST', '/v1/classify', foreign)).status).toBe(404);
});
