import OpenAI, { toFile } from 'openai';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

const ROWS = [
  ['what would my account balance be now', 'balance', 'app'],
  ['how much money do i have in checking', 'balance', 'app'],
  ['send fifty dollars to my brother', 'transfer', 'phone'],
  ['move money from savings to checking', 'transfer', 'phone'],
  ['please freeze my account at once', 'freeze_account', 'phone'],
  ['what is my routing number', 'routing', 'app'],
  ['the moon is made of cheese', 'no_label_of_this_model', 'app'],
] as const;

let service: RunningService;
let client: OpenAI;
let key: string;
let version: string;

const connect = async (): Promise<void> => {
  key = await service.defaultKey;
  client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
};
beforeAll(async () => {
  service = await RunningService.start();
  await connect();
  const form = await adapterForm('clinc-banking', { name: 'bank' });
  version = (await service.call(key, 'POST', '/v1/adapters', form)).body.version;
});
afterAll(() => service.remove());

const upload = async (rows: readonly object[], purpose: 'evals' | 'fine-tune' = 'evals') => {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return (await client.files.create({ purpose, file: await toFile(Buffer.from(text), 'rows.jsonl') })).id;
};
const create = (body: object) => service.call(key, 'POST', '/v1/evaluations', body);
const labelled = ROWS.map(([text, label, group]) => ({ text, label, group }));

async function ended(id: string, timeoutMs = 120_000) {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
    const { body } = await service.call(key, 'GET', `/v1/evaluations/${id}`);
    if (body.finished_at !== null) return body;
    await sleep(50);
  }
  throw new Error(`evaluation ${id}: expected an end:\n${service.log.slice(-2000)}`);
}

describe('evaluations', () => {
  it('measure the answers that a client gets, by label and by slice, under every name of a version', async () => {
    const dataset = await upload(labelled);
    const input = ROWS.map(([text]) => text);
    const asked = await service.call(key, 'POST', '/v1/classify', { model: 'bank', input });
    const right = asked.body.data.filter((row: { label: string }, at: number) => row.label === ROWS[at]?.[1]).length;
    const reports = [];
    for (const model of ['bank', 'bank@production', `bank@${version}`]) {
      const { status, body } = await create({ model, dataset, metadata: { for: 'test' } });
      expect([status, body.status, body.object, body.task]).toEqual([
        200,
        'queued',
        'evaluation',
        'sequence_classification',
      ]);
      const done = await ended(body.id);
      expect(done).toMatchObject({ status: 'succeeded', error: null, version, model, metadata: { for: 'test' } });
      expect(done.metrics).toMatchObject({ rows: ROWS.length, accuracy: right / ROWS.length });
      reports.push(done.report);
    }
    const [report] = reports;
    expect(reports).toEqual([report, report, report]);
    expect(report.rows).toEqual({ read: 7, faulty: 0, answered: 7 });
    expect(Object.keys(report.per_slice)).toEqual(['app', 'phone']);
    expect(report.per_label.at(-1)).toMatchObject({ label: 'no_label_of_this_model', recall: 0, support: 1 });
    expect(report.confusion).toHaveLength(report.per_label.length);
    expect(report.intervals.accuracy.value).toBe(right / ROWS.length);
    expect(report.calibration.equal_width).toHaveProperty('ece');
    const bands = await service.call(key, 'GET', '/v1/evaluations?limit=2');
    expect(bands.body.data.map((row: object) => 'report' in row)).toEqual([false, false]);
    const rest = await service.call(key, 'GET', `/v1/evaluations?limit=2&after=${bands.body.data[1].id}`);
    expect([rest.body.data.length, rest.body.has_more]).toEqual([1, false]);
  });

  it('measure masked words with the base, the same for the same seed', async () => {
    const dataset = await upload(ROWS.map(([text]) => ({ text })));
    const body = { model: 'base', dataset, task: 'masked_lm', seed: 4 };
    const [a, b] = await Promise.all([create(body), create(body)]);
    const [one, two] = [await ended(a.body.id), await ended(b.body.id)];
    expect(one).toMatchObject({ status: 'succeeded', task: 'masked_lm' });
    expect(one.metrics.perplexity).toBeCloseTo(Math.exp(one.metrics.loss), 6);
    expect(two.metrics.loss).toBeCloseTo(one.metrics.loss, 4);
  });

  it('say what is wrong with the data, and refuse what cannot be measured', async () => {
    const faulty = await create({ model: 'bank', dataset: await upload([{ text: 'a' }, { text: 'b' }]) });
    const done = await ended(faulty.body.id);
    expect(done).toMatchObject({
      status: 'failed',
      report: null,
      error: { code: 'invalid_dataset', param: 'dataset' },
    });
    expect(done.error.message).toContain('expected label');
    const dataset = await upload(labelled);
    for (const [body, status, param] of [
      [{ model: 'nobody', dataset }, 404, 'model'],
      [{ model: 'bank', dataset: 'file-none' }, 404, 'dataset'],
      [{ model: 'bank', dataset: `ftjob-${'0'.repeat(32)}` }, 404, 'dataset'],
      [{ model: 'bank', dataset, split: 'test' }, 400, 'split'],
      [{ model: 'bank', dataset, task: 'token_classification' }, 400, 'model'],
      [{ model: 'bank', dataset, task: 'embedding' }, 400, 'task'],
      [{ model: 'bank', dataset, colour: 'red' }, 400, null],
    ] as const) {
      const answer = await create(body);
      expect([body, answer.status]).toEqual([body, status]);
      if (param !== null) expect(answer.body.error.param).toBe(param);
    }
    const path = `/v1/evaluations/${faulty.body.id}/cancel`;
    expect((await service.call(key, 'POST', path)).body.error.code).toBe('evaluation_has_ended');
  });

  it('are cancelled at once, and their file may go then', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => ({
      text: `send ${at} dollars to my brother`,
      label: 'transfer',
    }));
    const dataset = await upload(many);
    const { id } = (await create({ model: 'bank', dataset })).body;
    for (;;) {
      const { body } = await service.call(key, 'GET', `/v1/evaluations/${id}`);
      expect(['queued', 'running']).toContain(body.status);
      if (body.progress !== null) break;
      await sleep(50);
    }
    expect((await service.call(key, 'DELETE', `/v1/files/${dataset}`)).body.error.code).toBe('file_in_use');
    const cancelled = await service.call(key, 'POST', `/v1/evaluations/${id}/cancel`);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', metrics: null });
    expect((await service.call(key, 'DELETE', `/v1/files/${dataset}`)).status).toBe(200);
    expect((await service.call(key, 'GET', `/v1/evaluations/${id}`)).body.status).toBe('cancelled');
  });

  it('start again after the service was killed in the middle, and end the same', async () => {
    const dataset = await upload(
      Array.from({ length: 3_000 }, (_, at) => ({ text: `send ${at} dollars to my brother`, label: 'transfer' })),
    );
    const { id } = (await create({ model: 'bank', dataset, bootstrap_samples: 0 })).body;
    while ((await service.call(key, 'GET', `/v1/evaluations/${id}`)).body.status === 'queued') await sleep(20);
    await service.stop('SIGKILL');
    service = await RunningService.start({ dataDir: service.dataDir });
    await connect();
    const done = await ended(id);
    expect(done).toMatchObject({
      status: 'succeeded',
      metrics: { rows: 3_000 },
      report: { rows: { answered: 3_000 } },
    });
  });
});
