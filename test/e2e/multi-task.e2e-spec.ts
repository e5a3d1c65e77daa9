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

it('a job of two tasks makes a version of each, and both answer', { timeout: 400_000 }, async () => {
  const key = await service.defaultKey;
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const file = await client.files.create({ purpose: 'fine-tune', file: await toFile(Buffer.from(text), 'rows.jsonl') });
  const body = {
    ...{ model: 'base', training_file: file.id, seed: 1, suffix: 'both' },
    ...{ adapter: { method: 'lora', rank: 8 }, objective: { name: 'multi_task', tasks: { topic: 1, mood: 1 } } },
    dataset: { near_duplicates: 'keep', validation_fraction: 0, test_fraction: 0 },
  };
  const method = { type: 'supervised' as const, supervised: { hyperparameters: HYPERPARAMETERS } };
  let job = await client.fineTuning.jobs.create({ ...body, method });
  while (job.finished_at === null) {
    await sleep(100);
    job = await client.fineTuning.jobs.retrieve(job.id);
  }
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  expect(job.fine_tuned_model).toMatch(/^both-mood@sha256:/);
  const { data: events } = await client.fineTuning.jobs.listEvents(job.id, { limit: 100 });
  const made = events.flatMap(({ message }) => /created: (both-\w+)@/.exec(message)?.[1] ?? []);
  expect(made.sort()).toEqual(['both-mood', 'both-topic']);
  for (const task of ['topic', 'mood']) {
    const own = rows.filter((row) => row.task === task);
    const asked = { model: `both-${task}`, input: own.map((row) => row.text) };
    const { status, body: answer } = await service.call(key, 'POST', '/v1/classify', asked);
    const right = answer.data.filter((row: { label: string }, at: number) => row.label === own[at]?.label);
    expect([task, status, right.length >= 0.8 * own.length]).toEqual([task, 200, true]);
    const [name, digest] = [`both-${task}`, answer.version as string];
    const lineage = await service.call(key, 'GET', `/v1/adapters/${name}/versions/${digest}/lineage`);
    expect(lineage.body).toMatchObject({ job: job.id, seed: 1 });
  }
  const evaluation = { model: 'both-mood', dataset: job.id };
  expect((await service.call(key, 'POST', '/v1/evaluations', evaluation)).body.error.param).toBe('dataset');
});
