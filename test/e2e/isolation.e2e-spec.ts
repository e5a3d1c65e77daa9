import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

let service: RunningService;
let owner: { id: string; key: string };
let stranger: { id: string; key: string };
let version: string;
let file: string;
let job: string;
let evaluation: string;
let grant: string;

beforeAll(async () => {
  service = await RunningService.start();
  owner = await service.newTenant('owner');
  stranger = await service.newTenant('stranger');
  const form = await adapterForm('clinc-banking', { name: 'bank' });
  version = (await service.call(owner.key, 'POST', '/v1/adapters', form)).body.version;
  const upload = new FormData();
  upload.set('purpose', 'fine-tune');
  upload.set('file', new Blob(['{"text":"a","label":"b"}\n']), 'a.jsonl');
  file = (await service.call(owner.key, 'POST', '/v1/files', upload)).body.id;
  const body = { model: 'base', training_file: file };
  job = (await service.call(owner.key, 'POST', '/v1/fine_tuning/jobs', body)).body.id;
  const squad = { name: 'squad', composition: '0.5*bank' };
  await service.call(owner.key, 'POST', '/v1/compositions', squad);
  const friend = await service.newTenant('friend');
  const granted = { adapter: 'bank', tenant: friend.id };
  grant = (await service.call(owner.key, 'POST', '/v1/grants', granted)).body.id;
  evaluation = (await service.call(owner.key, 'POST', '/v1/evaluations', { model: 'bank', dataset: file })).body.id;
});
afterAll(() => service.remove());

/** A job that fits, of members of the owner. */
const fitOf = (type: string, members: object) => ({
  model: 'base',
  training_file: file,
  objective: { type, ...members },
});

/** A job whose tasks each name the owner's file. */
const squadOf = (tasks: readonly string[]) => ({
  model: 'base',
  adapter: { method: 'mod_squad' },
  objective: { name: 'mod_squad', tasks: tasks.map((name) => ({ name, training_file: file })) },
});

/** Every route that names something of a tenant: the owner's thing, asked for with another tenant's key. */
const routes = (): [string, string, unknown?][] => [
  ['GET', '/v1/models/bank'],
  ['GET', `/v1/models/bank@${version}`],
  ['DELETE', '/v1/models/bank'],
  ['DELETE', `/v1/models/bank@${version}`],
  ['DELETE', '/v1/models/bank@production'],
  ['POST', '/v1/classify', { model: 'bank', input: 'a' }],
  ['POST', '/v1/classify', { model: `bank@${version}`, input: 'a' }],
  ['POST', '/v1/token_classify', { model: 'bank', input: 'a' }],
  ['POST', '/v1/fill_mask', { model: 'bank', input: '[MASK]' }],
  ['POST', '/v1/embeddings', { model: 'bank', input: 'a' }],
  ['POST', '/v1/classify', { model: 'base', composition: 'bank', input: 'a' }],
  ['POST', '/v1/classify', { model: 'base', composition: 'owner/bank', input: 'a' }],
  ['POST', '/v1/classify', { model: 'base', adapters: [{ name: `bank@${version}` }], input: 'a' }],
  ['POST', '/v1/token_classify', { model: 'base', composition: 'bank', input: 'a' }],
  ['POST', '/v1/embeddings', { model: 'base', composition: `owner/bank@${version}`, input: 'a' }],
  ['POST', '/v1/classify', { model: 'base', composition: 'arrow(bank, owner/bank)', input: 'a' }],
  ['POST', '/v1/classify', { model: 'base', composition: 'centroid(owner/bank; floor=auto)', input: 'a' }],
  ['POST', '/v1/compositions', { name: 'mine', composition: 'mod_squad(owner/bank; router=owner/bank)' }],
  ['POST', '/v1/compositions', { name: 'mine', composition: 'bank' }],
  ['POST', '/v1/compositions', { name: 'mine', composition: `owner/bank@${version}`, dry_run: true }],
  ['POST', '/v1/compositions', { name: 'mine', composition: `${owner.id}/bank` }],
  ['GET', '/v1/compositions/squad'],
  ['POST', '/v1/compositions/squad/extract', { name: 'mine' }],
  ['POST', '/v1/compositions/squad/extract', { name: 'mine', dry_run: true }],
  ['DELETE', '/v1/compositions/squad'],
  ['POST', '/v1/classify', { model: 'squad', input: 'a' }],
  ['POST', '/v1/grants', { adapter: 'bank', tenant: owner.id }],
  ['DELETE', `/v1/grants/${grant}`],
  ['GET', '/v1/adapters/bank'],
  ['DELETE', '/v1/adapters/bank'],
  ['GET', '/v1/adapters/bank/versions'],
  ['DELETE', `/v1/adapters/bank/versions/${version}`],
  ['GET', `/v1/adapters/bank/versions/${version}/files`],
  ['GET', `/v1/adapters/bank/versions/${version}/lineage`],
  ['GET', `/v1/adapters/bank/versions/${version}/files/adapter_config.json`],
  ['PUT', '/v1/adapters/bank/aliases/production', { version: 'sha256:'.padEnd(71, '0') }],
  ['DELETE', '/v1/adapters/bank/aliases/production'],
  ['GET', `/v1/files/${file}`],
  ['GET', `/v1/files/${file}/content`],
  ['DELETE', `/v1/files/${file}`],
  ['POST', '/v1/fine_tuning/jobs', { model: 'base', training_file: file }],
  ['POST', '/v1/fine_tuning/jobs', { model: 'bank', training_file: file }],
  ['POST', '/v1/fine_tuning/jobs', { model: 'bank', training_file: file, objective: { type: 'phatgoose' } }],
  ['POST', '/v1/fine_tuning/jobs', squadOf(['topic', 'mood'])],
  ['POST', '/v1/fine_tuning/jobs', fitOf('lorahub', { members: ['bank'] })],
  ['POST', '/v1/fine_tuning/jobs', fitOf('soup', { members: [`owner/bank@${version}`] })],
  ['POST', '/v1/fine_tuning/jobs', fitOf('floor', { composition: `arrow(${owner.id}/bank)` })],
  ['POST', '/v1/fine_tuning/jobs', { model: 'base', objective: { type: 'merge', members: ['bank'] } }],
  ['POST', '/v1/fine_tuning/jobs', { model: 'base', objective: { type: 'merge', members: [`owner/bank@${version}`] } }],
  ['POST', '/v1/fine_tuning/jobs', { model: 'base', objective: { type: 'merge', composition: 'squad' } }],
  ['GET', `/v1/fine_tuning/jobs/${job}`],
  ['POST', `/v1/fine_tuning/jobs/${job}/cancel`],
  ['POST', `/v1/fine_tuning/jobs/${job}/pause`],
  ['POST', `/v1/fine_tuning/jobs/${job}/resume`],
  ['GET', `/v1/fine_tuning/jobs/${job}/events`],
  ['GET', `/v1/fine_tuning/jobs/${job}/events?stream=true`],
  ['GET', `/v1/fine_tuning/jobs/${job}/checkpoints`],
  ['POST', '/v1/evaluations', { model: 'bank', dataset: file }],
  ['POST', '/v1/evaluations', { model: 'base', task: 'masked_lm', dataset: file }],
  ['POST', '/v1/evaluations', { model: 'base', task: 'masked_lm', dataset: job }],
  ['GET', `/v1/evaluations/${evaluation}`],
  ['POST', `/v1/evaluations/${evaluation}/cancel`],
];

/** An answer without the owner's id where it only repeats the member that the stranger wrote. */
function withoutEcho(answer: unknown, sent: unknown): string {
  const text = JSON.stringify(answer);
  const member = `${owner.id}/bank`;
  return JSON.stringify(sent ?? {}).includes(member) ? text.replace(JSON.stringify(member).slice(1, -1), '') : text;
}

describe('two tenants', () => {
  it('another tenant’s things do not exist, on every route', async () => {
    for (const [method, path, body] of routes()) {
      const answer = await service.call(stranger.key, method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
      expect(withoutEcho(answer.body, body)).not.toContain(owner.id);
    }
    for (const path of ['/v1/models', '/v1/adapters', '/v1/bricks', '/v1/compositions', '/v1/grants']) {
      expect(JSON.stringify((await service.call(stranger.key, 'GET', path)).body)).not.toContain('bank');
    }
    for (const path of ['/v1/files', '/v1/fine_tuning/jobs', '/v1/evaluations']) {
      expect((await service.call(stranger.key, 'GET', path)).body.data).toEqual([]);
      expect((await service.call(owner.key, 'GET', path)).body.data).toHaveLength(1);
    }
    const { body } = await service.call(owner.key, 'POST', '/v1/classify', {
      model: 'bank',
      input: 'what would my account balance be now',
    });
    expect(body.data[0].label).toBe('balance');
  });

  it('one name means each tenant its own', async () => {
    await service.call(stranger.key, 'POST', '/v1/adapters', await adapterForm('clinc-travel', { name: 'bank' }));
    const ask = { model: 'bank', input: 'what would my account balance be now', top_k: 15 };
    const [mine, theirs] = await Promise.all(
      [owner, stranger].map(({ key }) => service.call(key, 'POST', '/v1/classify', ask)),
    );
    expect(mine?.body.data[0].label).toBe('balance');
    const labels = theirs?.body.data[0].scores.map(({ label }: { label: string }) => label);
    expect(labels).not.toContain('balance');
    expect(theirs?.body.version).not.toBe(mine?.body.version);
  });

  it('no tenant key opens an admin route', async () => {
    for (const path of [
      '/admin/tenants',
      '/admin/keys',
      `/admin/quotas/${owner.id}`,
      '/admin/residency',
      '/admin/audit',
      '/admin/grants',
    ]) {
      expect((await service.call(owner.key, 'GET', path)).status).toBe(403);
      expect((await service.call('', 'GET', path)).status).toBe(401);
    }
  });

  it('a key may do what its role allows, and nothing once it is revoked or its tenant suspended', async () => {
    const admin = await service.adminKey;
    const create = (role: string) =>
      service.call(admin, 'POST', '/admin/keys', { tenant: owner.id, role, label: role });
    const ask = { model: 'bank', input: 'a' };
    const { secret } = (await create('tenant:user')).body;
    expect((await service.call(secret, 'POST', '/v1/classify', ask)).status).toBe(200);
    expect((await service.call(secret, 'DELETE', '/v1/adapters/bank')).status).toBe(403);
    const reader = (await create('tenant:read')).body;
    expect((await service.call(reader.secret, 'GET', '/v1/models')).status).toBe(200);
    expect((await service.call(reader.secret, 'POST', '/v1/classify', ask)).status).toBe(403);
    const form = await adapterForm('clinc-travel', { name: 'more' });
    expect((await service.call(reader.secret, 'POST', '/v1/adapters', form)).status).toBe(403);
    expect((await service.call(reader.secret, 'DELETE', '/v1/adapters/bank')).status).toBe(403);
    expect((await service.call(admin, 'DELETE', `/admin/keys/${reader.id}`)).status).toBe(200);
    expect((await service.call(reader.secret, 'GET', '/v1/models')).status).toBe(401);
    await service.call(admin, 'PATCH', `/admin/tenants/${owner.id}`, { suspended: true });
    expect((await service.call(owner.key, 'GET', '/v1/models')).body.error.code).toBe('tenant_suspended');
    await service.call(admin, 'PATCH', `/admin/tenants/${owner.id}`, { suspended: false });
    expect((await service.call(owner.key, 'GET', '/v1/models')).status).toBe(200);
  });

  it('the audit tells who did what', async () => {
    const { body } = await service.call(await service.adminKey, 'GET', `/admin/audit?tenant=${owner.id}`);
    const actions = body.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(['version.import', 'alias.move', 'key.create', 'key.revoke']));
  });

  it('shows, pins and evicts what is resident', async () => {
    const admin = await service.adminKey;
    const pinned = await service.call(admin, 'POST', '/admin/residency/pins', { tenant: owner.id, model: 'bank' });
    const brick = pinned.body.bricks.find(({ id }: { id: string }) => id.startsWith(owner.id));
    expect(brick).toMatchObject({ pinned: true, leases: 0, state: 'ready' });
    expect((await service.call(admin, 'DELETE', `/admin/residency/bricks/${brick.id}`)).status).toBe(409);
    expect((await service.call(admin, 'DELETE', `/admin/residency/pins/${brick.id}`)).status).toBe(200);
    const evicted = await service.call(admin, 'DELETE', `/admin/residency/bricks/${brick.id}`);
    expect(evicted.body.bricks.map(({ id }: { id: string }) => id)).not.toContain(brick.id);
    expect((await service.call(owner.key, 'POST', '/v1/classify', { model: 'bank', input: 'a' })).status).toBe(200);
  });
});
