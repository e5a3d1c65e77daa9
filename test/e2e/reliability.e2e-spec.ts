import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService } from '../support/running-service.js';

const ASK = { model: 'clinc-banking', input: 'please tell me how much cash is left in my checking account' };

/** 64 rows of 62 tokens. */
const LONG = { ...ASK, input: Array.from({ length: 64 }, () => 'word '.repeat(60)) };

let service: RunningService;
beforeAll(async () => (service = await RunningService.start()));
afterAll(() => service.remove());

async function objectNames(): Promise<string[]> {
  const names = await readdir(join(service.dataDir, 'objects'), { recursive: true });
  return names.filter((name) => /\.(json|safetensors)/.test(name)).sort();
}

function ask(key: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${service.url}/v1/classify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

async function tokensRun(): Promise<number> {
  const { body } = await service.call('', 'GET', '/metrics');
  return Number(/^tessera_batch_tokens_total (\d+)/m.exec(body)?.[1] ?? 0);
}

describe('the service under bad luck', () => {
  it('refuses a second start on its data directory, with the reason', async () => {
    const second = await RunningService.spawn({ dataDir: service.dataDir });
    const [code] = await once(second.process, 'exit');
    expect(code).toBe(1);
    expect(second.log).toContain('DATA_DIR: expected a directory that no other process uses');
    expect((await service.call(await service.defaultKey, 'POST', '/v1/classify', ASK)).status).toBe(200);
  });

  it('reports every wrong setting at once, and starts nothing', async () => {
    const wrong = await RunningService.spawn({ env: { PORT: 'x', ENGINE: 'steam' } });
    const [code] = await once(wrong.process, 'exit');
    expect(code).toBe(1);
    for (const name of ['PORT', 'ENGINE']) expect(wrong.log).toContain(`${name}: expected`);
  });

  it('an upload that is cut off leaves no file, object or row', async () => {
    const before = await objectNames();
    const key = await service.defaultKey;
    const body = Buffer.from(await new Response(await adapterForm('clinc-travel', { name: 'cut' })).arrayBuffer());
    const boundary = /--(\S+)/.exec(body.toString('latin1'))?.[1] ?? '';
    const upload = request(`${service.url}/v1/adapters`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': body.length,
      },
    });
    upload.on('error', () => undefined); // we cut it off ourselves
    upload.write(body.subarray(0, body.length / 2));
    await sleep(300);
    upload.destroy();
    const uploads = join(service.dataDir, 'uploads');
    for (let i = 0; i < 100 && (await readdir(uploads)).length > 0; i++) await sleep(50);
    expect(await readdir(uploads)).toEqual([]);
    expect(await objectNames()).toEqual(before);
    expect((await service.call(key, 'GET', '/v1/adapters/cut')).status).toBe(404);
  });

  it('a client that goes before its answer is taken out of the queue', async () => {
    const key = await service.defaultKey;
    const before = await tokensRun();
    const gone = new AbortController();
    const asks = Array.from({ length: 12 }, () => ask(key, LONG, gone.signal).catch(() => undefined));
    await expect.poll(tokensRun, { timeout: 60_000 }).toBeGreaterThan(before);
    gone.abort();
    await Promise.all(asks);
    expect((await ask(key, ASK)).status).toBe(200);
    // 12 requests of 64 rows of 62 tokens would be 47,616; what ran is the batches already handed over.
    expect((await tokensRun()) - before).toBeLessThan(30_000);
    const { body } = await service.call(await service.adminKey, 'GET', '/admin/residency');
    expect(body.bricks.every(({ leases }: { leases: number }) => leases === 0)).toBe(true);
  });

  it('answers what it has accepted when it is told to stop, and exits with 0', async () => {
    const key = await service.defaultKey;
    const before = await tokensRun();
    const asks = Array.from({ length: 4 }, () => ask(key, LONG));
    await expect.poll(tokensRun, { timeout: 60_000 }).toBeGreaterThan(before);
    const [code, ...answers] = await Promise.all([service.stop(), ...asks]);
    expect(code).toBe(0);
    expect(answers.map(({ status }) => status)).toEqual(asks.map(() => 200));
    service = await RunningService.start({ dataDir: service.dataDir });
  });

  it('recovers after kill -9 in the middle of traffic: same keys, adapters and answers', async () => {
    const key = await service.defaultKey;
    const { body: before } = await service.call(key, 'POST', '/v1/classify', ASK);
    const traffic = Array.from({ length: 50 }, () =>
      service.call(key, 'POST', '/v1/classify', ASK).catch(() => undefined),
    );
    const imports = [adapterForm('clinc-travel', { name: 'during' })].map(async (form) =>
      service.call(key, 'POST', '/v1/adapters', await form).catch(() => undefined),
    );
    await sleep(30);
    await service.stop('SIGKILL');
    await Promise.all([...traffic, ...imports]);
    service = await RunningService.start({ dataDir: service.dataDir });
    expect(await service.defaultKey).toBe(key);
    const { body: after } = await service.call(key, 'POST', '/v1/classify', ASK);
    expect(after.version).toBe(before.version);
    expect(after.data[0].score).toBeCloseTo(before.data[0].score, 5);
    const { body: adapters } = await service.call(key, 'GET', '/v1/adapters');
    for (const { name } of adapters.data) {
      expect((await service.call(key, 'POST', '/v1/classify', { ...ASK, model: name })).status).toBe(200);
    }
  });
});
