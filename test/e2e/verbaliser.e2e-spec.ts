import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

let service: RunningService;
beforeAll(async () => (service = await RunningService.start()));
afterAll(() => service.remove());

const TEMPLATE = '{text} It was [MASK].';
/** Some of them are not in OpenAI's types. */
const HYPERPARAMETERS: object = { max_steps: 40, max_tokens: 24, learning_rate: 3e-3, batch_size: 16 };
const TEXTS = ['i liked it very much', 'please tell me how much cash is left'];

function formOf(name: string, verbaliser: unknown): FormData {
  const form = new FormData();
  form.set('name', name);
  form.append('files', new Blob([JSON.stringify(verbaliser)]), 'verbaliser.json');
  return form;
}

describe('a verbaliser', () => {
  it('classifies without training as the masked words say, beside a trained adapter in the same batches', async () => {
    const { key } = await service.newTenant('prompts');
    const call = (method: string, path: string, body?: unknown) => service.call(key, method, path, body);
    const inputs = TEXTS.map((text) => TEMPLATE.replace('{text}', text));
    const filled = await call('POST', '/v1/fill_mask', { model: 'base', input: inputs, top_k: 100 });
    const odds = filled.body.data.map((row: { masks: [{ candidates: { token: string; score: number }[] }] }) => {
      return new Map(row.masks[0].candidates.map(({ token, score }) => [token, score]));
    }) as Map<string, number>[];
    const isWord = (token: string) => /^[a-z]+$/.test(token) && odds.every((scores) => scores.has(token));
    const [one = '', two = '', three = ''] = [...odds[0]!.keys()].filter(isWord);
    const labels = [
      { label: 'good', words: [one, two] },
      { label: 'bad', words: [three] },
    ];
    const imported = await call('POST', '/v1/adapters', formOf('verdict', { template: TEMPLATE, labels }));
    expect(imported).toMatchObject({ status: 201, body: { method: 'verbaliser', labels: ['good', 'bad'] } });
    await call('POST', '/v1/adapters', await adapterForm('clinc-banking', { name: 'bank' }));

    const ask = (model: string, input: string) => call('POST', '/v1/classify', { model, input, top_k: 15 });
    const answers = await Promise.all(TEXTS.flatMap((text) => [ask('verdict', text), ask('bank', text)]));
    expect(answers.map(({ status, body }) => [status, body.data[0].num_classes])).toEqual([
      [200, 2],
      [200, 15],
      [200, 2],
      [200, 15],
    ]);
    odds.forEach((scores, text) => {
      const ratio = Math.sqrt(scores.get(one)! * scores.get(two)!) / scores.get(three)!;
      const given: { label: string; score: number }[] = answers[2 * text]!.body.data[0].scores;
      expect(given.find(({ label }) => label === 'good')?.score).toBeCloseTo(ratio / (1 + ratio), 4);
    });

    const best = TEXTS.map((text, at) => ({ text, label: answers[2 * at]!.body.data[0].label as string }));
    expect(await evaluated(key, 'verdict', best)).toMatchObject({
      status: 'succeeded',
      metrics: { rows: 2, accuracy: 1 },
    });
    const pairs = best.map((row) => ({ ...row, pair: 'again' }));
    const refused = await evaluated(key, 'verdict', pairs);
    expect(refused).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('rows of one text') as string },
    });
  });

  it('divides out what texts without content are answered, and is trained further through its prompt', async () => {
    const { key } = await service.newTenant('calibrated');
    const call = (method: string, path: string, body?: unknown) => service.call(key, method, path, body);
    const labels = [
      { label: 'good', words: ['good', 'great'] },
      { label: 'bad', words: ['bad'] },
    ];
    const form = formOf('even', { template: TEMPLATE, labels, calibration: ['nothing'] });
    const { body: made } = await call('POST', '/v1/adapters', form);
    const { body: answer } = await call('POST', '/v1/classify', { model: 'even', input: 'nothing' });
    for (const { score } of answer.data[0].scores) expect(score).toBeCloseTo(0.5, 4);
    const file = await call('GET', `/v1/adapters/even/versions/${made.version}/files/verbaliser.json`);
    expect(file.body).toMatchObject({ calibration: ['nothing'], prior: [expect.any(Number), expect.any(Number)] });

    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
    const rows = ['fine', 'lovely', 'sweet', 'awful', 'horrid', 'sad'].flatMap((word, at) =>
      ['the day was', 'their food is', 'i call it'].map((text) => ({
        text: `${text} ${word}`,
        label: at < 3 ? 'good' : 'bad',
      })),
    );
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const upload = await toFile(Buffer.from(text), 'rows.jsonl');
    const training = await client.files.create({ purpose: 'fine-tune', file: upload });
    let job = await client.fineTuning.jobs.create({
      ...{ model: 'even', training_file: training.id, seed: 1 },
      ...{ adapter: { method: 'lora', rank: 4 }, dataset: { near_duplicates: 'keep' } },
      method: { type: 'supervised', supervised: { hyperparameters: HYPERPARAMETERS } },
    });
    while (job.finished_at === null) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      job = await client.fineTuning.jobs.retrieve(job.id);
    }
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    const { metrics } = await evaluated(key, job.fine_tuned_model!, rows);
    expect(metrics.accuracy).toBeGreaterThan(0.8);
    const report = await evaluated(key, `even@${made.version}`, rows);
    expect(metrics.log_loss).toBeLessThan(report.metrics.log_loss);
  });

  it('refuses a word that the base has in pieces, saying which', async () => {
    const { key } = await service.newTenant('pieces');
    const labels = [
      { label: 'good', words: ['good'] },
      { label: 'odd', words: ['incomprehensibilities'] },
    ];
    const form = formOf('odd', { template: TEMPLATE, labels });
    const { status, body } = await service.call(key, 'POST', '/v1/adapters', form);
    expect([status, body.error.message]).toEqual([422, expect.stringContaining('must be one token') as string]);
  });
});

async function evaluated(key: string, model: string, rows: readonly object[]) {
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const file = await client.files.create({ purpose: 'evals', file: await toFile(Buffer.from(text), 'rows.jsonl') });
  const { id } = (await service.call(key, 'POST', '/v1/evaluations', { model, dataset: file.id })).body;
  for (;;) {
    const { body } = await service.call(key, 'GET', `/v1/evaluations/${id}`);
    if (body.finished_at !== null) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
