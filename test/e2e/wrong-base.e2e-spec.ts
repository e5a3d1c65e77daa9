import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

const BASE = fileURLToPath(new URL('../../models/tessera-tiny/', import.meta.url));
const WEIGHTS = 'model.safetensors';

let service: RunningService;
let home: string;
let tenant: { id: string; key: string };
const post = (path: string, body: unknown) => service.call(tenant.key, 'POST', path, body);

/** The same base but for one number: the same shapes, another digest. */
async function otherBase(): Promise<string> {
  const directory = join(home, 'base');
  await cp(BASE, directory, { recursive: true });
  const bytes = await readFile(join(directory, WEIGHTS));
  bytes.writeFloatLE(bytes.readFloatLE(bytes.length - 4) + 0.001, bytes.length - 4);
  await writeFile(join(directory, WEIGHTS), bytes);
  return directory;
}

/** A version that a job made of `bank`, and a composition that names it, by a service that then changed its base. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tessera-wrong-base-'));
  const dataDir = join(home, 'data');
  service = await RunningService.start({ dataDir });
  tenant = await service.newTenant('owner');
  await service.call(tenant.key, 'POST', '/v1/adapters', await adapterForm('clinc-banking', { name: 'bank' }));
  const objective = { type: 'merge', members: ['bank'], weights: [0.9] };
  let { body: job } = await post('/v1/fine_tuning/jobs', { model: 'base', objective, suffix: 'made' });
  while (job.finished_at === null) {
    await sleep(100);
    job = (await service.call(tenant.key, 'GET', `/v1/fine_tuning/jobs/${job.id}`)).body;
  }
  expect(job.status).toBe('succeeded');
  expect((await post('/v1/compositions', { name: 'pair', composition: 'bank + made' })).status).toBe(201);
  await service.stop();
  service = await RunningService.start({ dataDir, env: { BASE_MODEL: await otherBase() } });
});
afterAll(async () => {
  await service.remove();
  await rm(home, { recursive: true });
});

describe('a member that was trained on another base', () => {
  const input = 'what would my account balance be now';
  const ask = (body: object) => post('/v1/classify', { input, ...body });

  it.each([
    ['named', '/v1/compositions', { name: 'new', composition: 'bank + made' }],
    ['planned', '/v1/compositions', { name: 'new', composition: 'bank + made', dry_run: true }],
    ['inline', '/v1/classify', { model: 'base', input, composition: 'bank + made' }],
    ['embedding', '/v1/embeddings', { model: 'base', input, composition: 'bank + made' }],
  ])('is refused when a composition is %s', async (_how, path, body) => {
    const { status, body: answer } = await post(path, body);
    expect([status, answer.error]).toMatchObject([422, { code: 'wrong_base', param: 'composition.sum[1].of' }]);
    expect(answer.error.message).toContain('got made, trained on ');
  });

  it('is refused in a composition that was made before, in lists of adapters, and in fits', async () => {
    expect(await ask({ model: 'pair' })).toMatchObject({
      ...{ status: 422, body: { error: { code: 'wrong_base', param: 'model' } } },
    });
    expect(await ask({ model: 'base', adapters: [{ name: 'made' }] })).toMatchObject({
      ...{ status: 422, body: { error: { code: 'wrong_base', param: 'adapters.sum[0].of' } } },
    });
    const objective = { type: 'merge', members: ['bank', 'made'], head: 'bank' };
    expect(await post('/v1/fine_tuning/jobs', { model: 'base', objective })).toMatchObject({
      ...{ status: 422, body: { error: { code: 'wrong_base' } } },
    });
  });

  it('is none that was imported, which is made ready for the base that is there', async () => {
    expect((await ask({ model: 'base', composition: '0.5*bank' })).status).toBe(200);
  });
});
