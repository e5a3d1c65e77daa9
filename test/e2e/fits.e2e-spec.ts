import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeCommand } from '../../src/cli/commands/merge.js';
import { runCommand } from '../../src/cli/run-command.js';
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
  return ended({ training_file, dataset: { near_duplicates: 'keep' }, seed: 1, ...body });
}

async function ended(body: object, key = owner.key) {
  const made = await post('/v1/fine_tuning/jobs', { model: 'base', ...body }, key);
  expect(made).toMatchObject({ status: 200 });
  let job = made.body;
  while (job.finished_at === null) {
    await sleep(100);
    job = (await service.call(key, 'GET', `/v1/fine_tuning/jobs/${job.id}`)).body;
  }
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  return job;
}

/** The files of a version, as anyone takes them away. */
async function exported(model: string): Promise<Map<string, Buffer>> {
  const path = `/v1/adapters/${model.replace('@', '/versions/')}/files`;
  const { data } = (await service.call(owner.key, 'GET', path)).body as { data: { name: string }[] };
  const files = data.map(async ({ name }): Promise<[string, Buffer]> => {
    const headers = { authorization: `Bearer ${owner.key}` };
    const answer = await fetch(`${service.url}${path}/${name}`, { headers });
    return [name, Buffer.from(await answer.arrayBuffer())];
  });
  return new Map(await Promise.all(files));
}

/** What `tessera merge` writes of them. */
async function mergedByCommand(models: readonly string[], options: readonly string[]) {
  const root = await mkdtemp(join(tmpdir(), 'tessera-merged-'));
  try {
    const folders = await Promise.all(
      models.map(async (text, at) => {
        const [model = '', weight = ''] = text.split('=');
        const folder = join(root, String(at));
        await mkdir(folder);
        for (const [name, bytes] of await exported(model)) await writeFile(join(folder, name), bytes);
        return `${folder}=${weight}`;
      }),
    );
    const out = join(root, 'merged');
    const surroundings = { out: () => undefined, error: () => undefined, env: {}, fetch };
    const words = ['merge', ...folders, '--out', out, ...options];
    expect(await runCommand(words, [mergeCommand], surroundings)).toBe(0);
    const names = await readdir(out);
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(out, name))] as const)));
  } finally {
    await rm(root, { recursive: true });
  }
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

  it('merge members without a file, to the bytes of `tessera merge`', async () => {
    const version = async (name: string): Promise<string> => {
      const { body } = await service.call(owner.key, 'GET', `/v1/adapters/${name}`); // fits have made newer versions
      return `${name}@${body.aliases[0].version}`;
    };
    const [bank, travel] = [await version('bank'), await version('travel')];
    const svd = { type: 'merge', members: ['bank', 'travel'], weights: [1, -0.5], merge_type: 'svd', rank: 3 };
    const job = await ended({ objective: { ...svd, head: 'travel' }, suffix: 'cut' });
    expect(job).toMatchObject({ training_file: null, metrics: { rank: 3 } });
    expect(job.metrics.error).toBeGreaterThan(0);
    const [first, second] = [`${bank}=1`, `${travel}=-0.5`];
    const byCommand = await mergedByCommand([first, second], ['--kind', 'svd', '--rank', '3', '--head', '1']);
    expect(await exported(job.fine_tuned_model)).toEqual(byCommand);
    const { body: events } = await service.call(owner.key, 'GET', `/v1/fine_tuning/jobs/${job.id}/events?limit=100`);
    const said = events.data.map(({ message }: { message: string }) => message);
    expect(said).toContainEqual(expect.stringMatching(/^svd of 2, rank 3, [\d.]+ % from the weighted sum$/));
    expect(said).toContainEqual(expect.stringMatching(/^Step 1\/\d+: merged bert\.encoder\./));
    const fit = { name: 'merge', mergeType: 'svd', rank: 3, members: [bank, travel], weights: [1, -0.5], head: travel };
    expect(await lineageOf(job.fine_tuned_model)).toMatchObject({
      ...{ dataset: null, card: null, split: {}, parent: null, job: job.id },
      hyperparameters: { fit, members: [bank, travel] },
    });
    const evaluated = await post('/v1/evaluations', { model: 'cut', dataset: job.id });
    expect([evaluated.status, evaluated.body.error.message]).toEqual([400, expect.stringContaining('that read rows')]);

    const dare = { ...svd, merge_type: 'dare_ties', rank: undefined, density: 0.4, majority: 'frequency' };
    const drawn = await ended({ objective: { ...dare, head: 'base' }, suffix: 'drawn', seed: 7 });
    const options = ['--kind', 'dare_ties', '--density', '0.4', '--majority', 'frequency', '--seed', '7'];
    expect(await exported(drawn.fine_tuned_model)).toEqual(
      await mergedByCommand([first, second], [...options, '--head', 'none']),
    );
  });

  it('merge a named sum, which then answers as the sum did', async () => {
    const composition = { composition: 'bank + 0.5*travel', head: { member: 'bank' } };
    expect((await post('/v1/compositions', { name: 'pair', composition })).status).toBe(201);
    const job = await ended({ objective: { type: 'merge', composition: 'pair' }, suffix: 'one' });
    expect(job.metrics).toMatchObject({ rank: 16, error: expect.closeTo(0, 6) });
    const input = [...Object.values(BANKING), ...Object.values(TRAVEL)];
    const served = async (model: string) => (await post('/v1/classify', { model, input, top_k: 15 })).body.data;
    const [one, pair] = [await served('one'), await served('pair')];
    for (const [at, { label, scores }] of pair.entries()) {
      expect(one[at].label).toBe(label);
      const own = new Map(one[at].scores.map((score: { label: string; score: number }) => [score.label, score.score]));
      for (const { label: name, score } of scores) expect(own.get(name)).toBeCloseTo(score, 4);
    }
    const files = await service.call(owner.key, 'GET', '/v1/models/one');
    expect(files.status).toBe(200);
  });

  it('mix bottlenecks by attention, beside other models, with a new head', async () => {
    const adapter = { method: 'bottleneck', placement: 'pfeiffer', reduction_factor: 16 };
    const whole = { near_duplicates: 'keep', validation_fraction: 0, test_fraction: 0 };
    const trained = async (suffix: string, rows: Readonly<Record<string, string>>): Promise<string> =>
      (await fitted({ adapter, suffix, hyperparameters: { max_steps: 6 }, dataset: whole }, rows)).fine_tuned_model;
    const names = [await trained('bank-units', BANKING), await trained('travel-units', TRAVEL)];
    const objective = {
      type: 'adapter_fusion',
      members: ['bank-units', 'travel-units'],
      steps: 40,
      learning_rate: 2e-3,
    };
    const job = await fitted({ objective, suffix: 'mixed' }, { ...BANKING, ...TRAVEL });
    expect(job.fine_tuned_model).toMatch(/^mixed@sha256:/);
    expect(job.objective).toMatchObject({ name: 'adapter_fusion', members: names });
    const { body: made } = await service.call(owner.key, 'GET', '/v1/compositions/mixed');
    expect(made.text).toMatch(/^adapter_fusion\(bank-units@sha256:\w+, travel-units@sha256:\w+; router=mixed\.router@/);
    expect(made.labels).toEqual(['balance', 'book_hotel', 'car_rental', 'transfer']);
    expect(await lineageOf(job.fine_tuned_model)).toMatchObject({
      seed: 1,
      job: job.id,
      hyperparameters: { members: names },
    });

    const input = [...Object.values(BANKING), ...Object.values(TRAVEL)].map((text) => `please ${text}`);
    const { status, body } = await post('/v1/classify', { model: 'mixed', input });
    expect(status).toBe(200);
    expect(body.data.map(({ label }: { label: string }) => label)).toEqual([
      ...['balance', 'transfer', 'book_hotel', 'car_rental'],
    ]);
    expect(body.bricks.map(({ name }: { name: string }) => name)).toEqual(['bank-units', 'travel-units']);
    const [{ shares }] = body.data as [{ shares: { name: string; share: number }[] }];
    expect(shares.map(({ name }) => name)).toEqual(['bank-units', 'travel-units', 'base']);
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 4);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/tessera_route_abstained_share_count\{law="adapter_fusion"\} [1-9]/);
    const together = await Promise.all(
      ['mixed', 'bank', 'mixed', 'travel-units'].map((model) => post('/v1/classify', { model, input })),
    );
    expect(together[2]!.body.data).toEqual(together[0]!.body.data);

    const router = job.fine_tuned_model.replace(/@.*/, '.router');
    const version = (await service.call(owner.key, 'GET', `/v1/adapters/${router}/versions`)).body.data[0];
    expect(version).toMatchObject({ kind: 'router', method: 'adapter_fusion' });
    const files = await exported(`${router}@${version.version}`);
    expect([...files.keys()].sort()).toEqual([
      ...['adapter_fusion_config.json', 'card.json', 'head_config.json'],
      ...['model_adapter_fusion.safetensors', 'model_head.safetensors'],
    ]);
    const form = new FormData();
    form.set('name', 'brought');
    for (const [name, bytes] of files) form.append('files', new Blob([new Uint8Array(bytes)]), name);
    const brought = await service.call(owner.key, 'POST', '/v1/adapters', form);
    expect([brought.status, brought.body.kind]).toEqual([201, 'router']);
    const turned = 'adapter_fusion(travel-units, bank-units; router=brought)';
    const again = await post('/v1/classify', { model: 'base', composition: turned, input });
    const scoresOf = (answer: typeof again) =>
      answer.body.data.map(({ score }: { score: number }) => score) as number[];
    for (const [at, score] of scoresOf({ ...again, body }).entries()) expect(scoresOf(again)[at]).toBeCloseTo(score, 4);

    const refused = async (composition: unknown, key = owner.key) => {
      const answer = await post('/v1/classify', { model: 'base', composition, input }, key);
      return [answer.status, answer.body.error.code, answer.body.error.message];
    };
    const wrong = (text: string) => [400, 'invalid_composition', expect.stringContaining(text)];
    expect(await refused('adapter_fusion(bank-units, travel-units)')).toEqual(wrong('got none'));
    expect(await refused('adapter_fusion(bank-units, travel-units; router=brought, top_k=1)')).toEqual(wrong('top_k'));
    expect(await refused('adapter_fusion(bank-units; router=brought)')).toEqual(wrong('the 2 bricks'));
    expect(await refused('adapter_fusion(bank-units, bank; router=brought)')).toEqual(wrong('route it by phatgoose'));
    expect(await refused('adapter_fusion(bank-units, travel-units; router=bank)')).toEqual(wrong('has no matrices'));
    const foreign = [404, 'member_not_found', expect.any(String)];
    expect(await refused(turned, friend.key)).toEqual(foreign);
    expect(await refused('adapter_fusion(owner/bank-units; router=owner/brought)', friend.key)).toEqual(foreign);
    const of = async (members: string[], key = owner.key) => {
      const training_file = await upload(BANKING, key);
      const asked = { model: 'base', training_file, objective: { type: 'adapter_fusion', members } };
      const { status: code, body: said } = await post('/v1/fine_tuning/jobs', asked, key);
      return [code, said.error.message];
    };
    expect(await of(['bank-units', 'bank'])).toEqual([422, expect.stringContaining('make a soup of it')]);
    expect(await of(['bank-units', 'bank-units'])).toEqual([400, expect.stringContaining('each member once')]);
    expect(await of(['owner/bank-units'], friend.key)).toEqual([404, expect.stringContaining('a brick of yours')]);

    const grants = await Promise.all(
      ['bank-units', 'travel-units'].map((own) => post('/v1/grants', { adapter: own, tenant: friend.id })),
    );
    const training_file = await upload(BANKING, friend.key);
    const borrowing = { type: 'adapter_fusion', members: ['owner/bank-units', 'owner/travel-units'], steps: 2 };
    const borrowed = { model: 'base', training_file, suffix: 'borrowed', dataset: whole, objective: borrowing };
    expect(await ended(borrowed, friend.key)).toMatchObject({ metrics: { steps: 2 } });
    const theirs = () => post('/v1/classify', { model: 'borrowed', input }, friend.key);
    expect((await theirs()).status).toBe(200);
    await service.call(owner.key, 'DELETE', `/v1/grants/${grants[0]!.body.id}`);
    expect((await theirs()).status).toBe(404);
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
    for (const source of [{ members: ['owner/bank'] }, { composition: '0.5*owner/bank' }]) {
      const merge = { model: 'base', objective: { type: 'merge', ...source } };
      const copied = await post('/v1/fine_tuning/jobs', merge, friend.key);
      expect([copied.status, copied.body.error.message]).toEqual([400, expect.stringContaining('members of your own')]);
    }
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
