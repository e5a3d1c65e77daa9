import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

const BANK = 'what would my account balance be now';
const TRAVEL = 'is it safe to travel to mexico';

let service: RunningService;
let owner: { id: string; key: string };
let friend: { id: string; key: string };

beforeAll(async () => {
  service = await RunningService.start();
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
const classify = async (body: object, key = owner.key) =>
  post('/v1/classify', { input: BANK, top_k: 100, ...body }, key);
const scores = (body: { data: { scores: { label: string; score: number }[] }[] }) =>
  Object.fromEntries((body.data[0]?.scores ?? []).map(({ label, score }) => [label, score]));

describe('compositions', () => {
  it('of weight 1 is the brick, and of weight 0 is not there', async () => {
    const alone = scores((await classify({ model: 'bank' })).body);
    for (const composition of ['bank', '1*bank', '1*bank + 0*travel', { sum: [{ of: 'bank', weight: 1 }] }]) {
      const { status, body } = await classify({ model: 'base', composition });
      expect([status, body.bricks.length]).toEqual([200, 1]);
      for (const [label, score] of Object.entries(scores(body))) expect(score).toBeCloseTo(alone[label]!, 4);
    }
  });

  it('has the labels of all its heads, and names its bricks', async () => {
    const { body, headers } = await classify({ model: 'base', composition: 'bank + 0.5*travel' });
    expect(body.bricks).toMatchObject([
      { name: 'bank', weight: 1 },
      { name: 'travel', weight: 0.5 },
    ]);
    expect(body.data[0].num_classes).toBe(30);
    expect(headers.get('x-tessera-version')).toBe(
      body.bricks.map(({ version }: { version: string }) => version).join(),
    );
    const short = await classify({ model: 'base', adapters: [{ name: 'bank' }, { name: 'travel', weight: 0.5 }] });
    expect(short.body).toEqual(body);
  });

  it('answers with the head of the model that is asked, and embeds', async () => {
    const { body } = await classify({ model: 'travel', composition: 'bank + travel' });
    expect([body.model, body.data[0].num_classes]).toEqual(['travel', 15]);
    const { status, body: vectors } = await post('/v1/embeddings', {
      model: 'base',
      composition: '0.5*bank - 0.5*bank',
      input: BANK,
    });
    const bare = await post('/v1/embeddings', { model: 'base', input: BANK });
    expect(status).toBe(200);
    expect(vectors.data[0].embedding[0]).toBeCloseTo(bare.body.data[0].embedding[0], 5);
  });

  it('in parallel gives several answers to each input', async () => {
    const { body } = await classify({ model: 'base', composition: 'parallel(bank, travel)', input: [BANK, TRAVEL] });
    expect(
      body.data.map(({ index, answer, num_classes }: Record<string, number>) => [index, answer, num_classes]),
    ).toEqual([
      [0, 0, 15],
      [0, 1, 15],
      [1, 0, 15],
      [1, 1, 15],
    ]);
    expect(body.bricks).toMatchObject([
      { name: 'bank', answer: 0 },
      { name: 'travel', answer: 1 },
    ]);
    expect(body.data[0].label).toBe('balance');
  });

  it('of a stack of low-rank bricks is their sum, and a split works on its tokens', async () => {
    const asked = async (composition: string) => {
      const { status, body } = await classify({ model: 'bank', composition });
      expect([composition, status]).toEqual([composition, 200]);
      return scores(body);
    };
    const same = async (one: string, other: string) => {
      const [a, b] = [await asked(one), await asked(other)];
      expect(Object.keys(a)).toHaveLength(15);
      for (const [label, score] of Object.entries(a)) expect(score).toBeCloseTo(b[label]!, 4);
    };
    await same('stack(bank, travel)', 'bank + travel');
    await same('split(bank[0:64])', 'bank');
    await same('split(bank[0:3], bank[3:])', 'bank');
    await same('split(travel[64:]) + bank', 'bank');
    expect((await asked('split(bank[0:3])'))['balance']).not.toBeCloseTo((await asked('bank'))['balance']!, 3);
  });

  it('are named, versioned, promoted, rolled back, listed, read and deleted like adapters', async () => {
    const dry = await post('/v1/compositions', { name: 'squad', composition: 'bank + travel', dry_run: true });
    expect([dry.status, dry.body.object, dry.body.bricks.length]).toEqual([200, 'composition.plan', 2]);
    expect((await service.call(owner.key, 'GET', '/v1/compositions')).body.data).toEqual([]);
    const first = await post('/v1/compositions', { name: 'squad', composition: 'bank + travel' });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ text: dry.body.text, task: 'sequence_classification' });
    expect(first.body.labels).toHaveLength(30);
    const second = await post('/v1/compositions', {
      name: 'squad',
      composition: { composition: 'bank', labels: ['balance'] },
    });
    expect((await classify({ model: 'squad' })).body).toMatchObject({
      version: second.body.version,
      data: [{ label: 'balance', num_classes: 1 }],
    });
    const move = { version: first.body.version };
    expect((await service.call(owner.key, 'PUT', '/v1/adapters/squad/aliases/production', move)).status).toBe(200);
    const { body } = await classify({ model: 'squad' });
    expect(body).toMatchObject({ version: first.body.version, bricks: [{ name: 'bank' }, { name: 'travel' }] });
    expect((await service.call(owner.key, 'GET', '/v1/compositions')).body.data).toMatchObject([{ name: 'squad' }]);
    expect((await service.call(owner.key, 'GET', '/v1/compositions/squad')).body).toEqual(first.body);
    const file = await service.call(
      owner.key,
      'GET',
      `/v1/adapters/squad/versions/${first.body.version}/files/composition.json`,
    );
    expect(file.body).toEqual(first.body.recipe);
    const held = await service.call(owner.key, 'DELETE', '/v1/adapters/bank');
    expect([held.status, held.body.error.code]).toEqual([409, 'version_in_use']);
    expect(held.body.error.message).toContain('squad');
    expect((await service.call(owner.key, 'DELETE', '/v1/compositions/squad')).status).toBe(200);
    expect((await service.call(owner.key, 'GET', '/v1/compositions/squad')).status).toBe(404);
  });

  it('hold what others grant, until it is revoked', async () => {
    const composition = 'owner/bank';
    const ask = () => classify({ model: 'base', composition }, friend.key);
    const refused = { status: 404, body: { error: { code: 'member_not_found', param: 'composition' } } };
    expect(await ask()).toMatchObject(refused);
    const grant = await post('/v1/grants', { adapter: 'bank', tenant: friend.id });
    expect(grant.body).toMatchObject({ adapter: 'bank', version: null, tenant: friend.id });
    expect((await ask()).body.data[0].label).toBe('balance');
    expect((await post('/v1/compositions', { name: 'borrowed', composition }, friend.key)).status).toBe(201);
    expect((await classify({ model: 'borrowed' }, friend.key)).body.bricks).toMatchObject([{ name: 'owner/bank' }]);
    const library = await service.call(friend.key, 'GET', '/v1/bricks');
    expect(library.body).toMatchObject({
      tenant: friend.id,
      data: [{ name: 'borrowed' }, { name: 'owner/bank', owner: 'owner' }],
    });
    expect(JSON.stringify(library.body)).not.toMatch(/safetensors|adapter_config/);
    for (const path of ['/v1/adapters/bank', '/v1/adapters/owner%2Fbank', '/v1/models/owner%2Fbank']) {
      expect((await service.call(friend.key, 'GET', path)).status).toBe(404);
    }
    expect((await service.call(owner.key, 'DELETE', `/v1/grants/${grant.body.id}`)).status).toBe(200);
    expect(await ask()).toMatchObject(refused);
    expect(await classify({ model: 'borrowed' }, friend.key)).toMatchObject({ status: 404 });
    const audit = await service.call(await service.adminKey, 'GET', `/admin/audit?tenant=${owner.id}`);
    const actions = audit.body.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(['grant.create', 'grant.revoke']));
  });
});
