import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

const STARTS = ['please', 'could you', 'i would like you to', 'now', 'for me', 'today'];
const BANKING = { balance: 'tell how much money is in my account', transfer: 'move some money to my savings' };
const TRAVEL = { book_hotel: 'find a room in a hotel in rome', car_rental: 'hire a car at the airport' };

let service: RunningService;
let owner: { id: string; key: string };
let friend: { id: string; key: string };

beforeAll(async () => {
  service = await RunningService.start({ env: { TRAINING_THREADS: '1' } });
  owner = await service.newTenant('owner');
  friend = await service.newTenant('friend');
  for (const [name, example] of [
    ['bank', 'clinc-banking'],
    ['travel', 'clinc-travel'],
  ] as const) {
    await service.call(owner.key, 'POST', '/v1/adapters', await adapterForm(example, { name }));
  }
});
afterAll(() => service.remove());

const post = (path: string, body: unknown, key = owner.key) => service.call(key, 'POST', path, body);

async function upload(labels: Readonly<Record<string, string>>, key = owner.key): Promise<string> {
  const rows = Object.entries(labels).flatMap(([label, text]) =>
    STARTS.map((start) => `${JSON.stringify({ text: `${start} ${text}`, label })}\n`),
  );
  const form = new FormData();
  form.set('purpose', 'fine-tune');
  form.set('file', new Blob([rows.join('')]), 'rows.jsonl');
  return (await service.call(key, 'POST', '/v1/files', form)).body.id as string;
}

async function fitted(body: object, rows: Readonly<Record<string, string>>) {
  const training_file = await upload(rows);
  const dataset = { near_duplicates: 'keep' };
  const made = await post('/v1/fine_tuning/jobs', { model: 'base', training_file, dataset, seed: 1, ...body });
  expect(made).toMatchObject({ status: 200 });
  let job = made.body;
  while (job.finished_at === null) {
    await sleep(100);
    job = (await service.call(owner.key, 'GET', `/v1/fine_tuning/jobs/${job.id}`)).body;
  }
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  return job;
}

const digestOf = (model: string): string => model.slice(model.indexOf('@') + 1);
const lineageOf = async (model: string) => {
  const name = model.slice(0, model.indexOf('@'));
  return (await service.call(owner.key, 'GET', `/v1/adapters/${name}/versions/${digestOf(model)}/lineage`)).body;
};

describe('fits', { timeout: 400_000 }, () => {
  it('give adapters gates, by which a route then weighs them', async () => {
    const objective = { type: 'phatgoose', steps: 10 };
    const bank = await fitted({ model: 'bank', objective }, BANKING);
    const travel = await fitted({ model: 'travel', objective }, TRAVEL);
    expect(bank.fine_tuned_model).toMatch(/^bank@sha256:/);
    expect(bank.objective).toEqual({ name: 'phatgoose', steps: 10 });
    expect((await lineageOf(bank.fine_tuned_model)).parent).toMatch(/^bank@sha256:/);
    const composition = `phatgoose(${bank.fine_tuned_model}, ${travel.fine_tuned_model}; top_k=1)`;
    const input = ['tell how much money is in my account', 'find a room in a hotel in rome'];
    const { status, body } = await post('/v1/classify', { model: 'base', composition, input });
    expect(status).toBe(200);
    expect(body.bricks).toHaveLength(2);
    expect(body.data).toHaveLength(2);
    const alone = await post('/v1/classify', { model: bank.fine_tuned_model, input });
    const before = await post('/v1/classify', { model: 'bank', input });
    expect(alone.body.data).toEqual(before.body.data);
  });

  it('weigh a sum for a task of a few rows, and it answers by its name', async () => {
    const objective = { type: 'lorahub', members: ['bank', 'travel'], evaluations: 24 };
    const job = await fitted({ objective, suffix: 'fewshot' }, BANKING);
    expect(job.fine_tuned_model).toMatch(/^fewshot@sha256:/);
    expect(job.metrics.train_loss).toBeLessThanOrEqual(job.metrics.base_loss);
    const made = (await service.call(owner.key, 'GET', '/v1/compositions/fewshot')).body;
    expect(made.text).toMatch(/bank@sha256:/);
    expect(made.labels).toHaveLength(15);
    const input = Object.values(BANKING);
    const { status, body } = await post('/v1/classify', { model: 'fewshot', input });
    expect(status).toBe(200);
    expect(body.data.map(({ label }: { label: string }) => label)).toEqual(['balance', 'transfer']);
    expect(await lineageOf(job.fine_tuned_model)).toMatchObject({ seed: 1, job: job.id });
  });

  it('make one adapter of several, tell where texts lie, and set floors', async () => {
    const objective = { type: 'soup', members: ['bank', 'travel'], steps: 5 };
    const soup = await fitted({ objective, suffix: 'soup' }, BANKING);
    const asked = await post('/v1/classify', { model: 'soup', input: Object.values(BANKING) });
    expect(asked.body.data.map(({ label }: { label: string }) => label)).toEqual(['balance', 'transfer']);
    expect(soup.metrics.rank).toBe(16);

    const lies = await fitted({ model: 'bank', objective: { type: 'centroid' }, suffix: 'located' }, BANKING);
    const version = `/v1/adapters/located/versions/${digestOf(lies.fine_tuned_model)}`;
    const { body: files } = await service.call(owner.key, 'GET', `${version}/files`);
    expect(files.data.map(({ name }: { name: string }) => name)).toContain('routing.safetensors');
    expect(lies.metrics.floor).toBeGreaterThan(0);
    const elsewhere = await fitted({ model: 'travel', objective: { type: 'centroid' } }, TRAVEL);
    const routed = `centroid(${lies.fine_tuned_model}, ${elsewhere.fine_tuned_model}; top_k=1, floor=auto)`;
    const input = [`please ${BANKING.balance}`, `please ${TRAVEL.car_rental}`];
    const { body: located } = await post('/v1/classify', { model: 'base', composition: routed, input });
    expect(located.data.map(({ label }: { label: string }) => label)).toEqual(['balance', 'car_rental']);

    const route = { type: 'floor', composition: 'arrow(bank, travel)', abstained: 0.2 };
    const floor = await fitted({ objective: route, suffix: 'careful' }, BANKING);
    const { body: careful } = await service.call(owner.key, 'GET', '/v1/compositions/careful');
    expect(careful.text).toContain(`floor=${floor.metrics.floor}`);
    expect(floor.metrics.abstained).toBeLessThanOrEqual(0.2);
  });

  it('read what is granted and copy nothing of it, until the grant is revoked', async () => {
    const training_file = await upload(BANKING, friend.key);
    const job = (type: string) => ({
      ...{ model: 'base', training_file, suffix: 'borrowed', dataset: { near_duplicates: 'keep' } },
      objective: { type, members: ['owner/bank'], ...(type === 'lorahub' && { evaluations: 4 }) },
    });
    expect((await post('/v1/fine_tuning/jobs', job('lorahub'), friend.key)).body.error.code).toBe('member_not_found');
    const grant = await post('/v1/grants', { adapter: 'bank', tenant: friend.id });
    const soup = await post('/v1/fine_tuning/jobs', job('soup'), friend.key);
    expect([soup.status, soup.body.error.message]).toEqual([400, expect.stringContaining('members of your own')]);
    const allowed = await post('/v1/fine_tuning/jobs', job('lorahub'), friend.key);
    expect(allowed.status).toBe(200);
    let state = allowed.body;
    while (state.finished_at === null) {
      await sleep(100);
      state = (await service.call(friend.key, 'GET', `/v1/fine_tuning/jobs/${state.id}`)).body;
    }
    expect(state).toMatchObject({ status: 'succeeded' });
    await service.call(owner.key, 'DELETE', `/v1/grants/${grant.body.id}`);
    expect((await post('/v1/fine_tuning/jobs', job('lorahub'), friend.key)).status).toBe(404);
  });
});
