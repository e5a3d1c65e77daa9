import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adapterForm } from '../support/adapter-form.js';
import { RunningService, type Answer } from '../support/running-service.js';

const MORTAL = new URL('../support/mortal-engine.mjs', import.meta.url).href;
const TEXTS = ['how much cash is left in my account', 'book me a flight to rome', 'what is the exchange rate'];
const MODELS = ['clinc-banking', 'travel'];

let service: RunningService;
let key: string;
beforeAll(async () => {
  service = await RunningService.start({ env: { NODE_OPTIONS: `--import ${MORTAL}` } });
  key = await service.defaultKey;
  const { status } = await service.call(
    key,
    'POST',
    '/v1/adapters',
    await adapterForm('clinc-travel', { name: 'travel' }),
  );
  expect(status).toBe(201);
});
afterAll(() => service.remove());

const ask = (model: string, input: string): Promise<Answer> =>
  service.call(key, 'POST', '/v1/classify', { model, input });
const kill = (): boolean => service.process.kill('SIGUSR2');
const isReady = async (): Promise<boolean> => (await fetch(`${service.url}/readyz`)).status === 200;
const deaths = async (): Promise<number> =>
  Number(/^tessera_engine_deaths_total (\d+)/m.exec((await service.call('', 'GET', '/metrics')).body)?.[1]);

it('answers every request or asks for a retry while the engine dies, and rightly afterwards', async () => {
  const asks = MODELS.flatMap((model) => TEXTS.map((input) => ({ model, input })));
  const expected = new Map<string, { label: string; score: number }>();
  for (const { model, input } of asks) expected.set(`${model} ${input}`, (await ask(model, input)).body.data[0]);
  const admin = await service.adminKey;
  const { body: tenants } = await service.call(admin, 'GET', '/admin/tenants');
  const pin = { tenant: tenants.data[0].id, model: 'travel' };
  expect((await service.call(admin, 'POST', '/admin/residency/pins', pin)).status).toBe(200);

  const counts = { right: 0, retry: 0 };
  let isOver = false;
  const client = async (offset: number): Promise<void> => {
    for (let turn = offset; !isOver; turn++) {
      const { model, input } = asks[turn % asks.length]!;
      const { status, headers, body } = await ask(model, input);
      if (status === 503) {
        expect(body.error.code).toBe('engine_unavailable');
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        counts.retry++;
        await sleep(20);
        continue;
      }
      expect(status).toBe(200);
      const right = expected.get(`${model} ${input}`)!;
      expect(body.data[0].label).toBe(right.label);
      expect(Math.abs(body.data[0].score - right.score)).toBeLessThan(1e-4);
      counts.right++;
    }
  };
  const clients = Array.from({ length: 8 }, (_, offset) => client(offset));
  for (let round = 1; round <= 2; round++) {
    await sleep(500);
    kill();
    await expect.poll(isReady, { timeout: 10_000, interval: 5 }).toBe(false);
    await expect.poll(isReady, { timeout: 60_000 }).toBe(true);
    expect(await deaths()).toBe(round);
  }
  await sleep(500);
  isOver = true;
  await Promise.all(clients);
  expect(counts.right).toBeGreaterThan(20);
  expect(counts.retry).toBeGreaterThan(0);
  const { body } = await service.call(admin, 'GET', '/admin/residency');
  expect(body.bricks).toHaveLength(2);
  expect(body.bricks.filter(({ pinned }: { pinned: boolean }) => pinned)).toHaveLength(1);
  for (const brick of body.bricks) expect(brick).toMatchObject({ leases: 0, state: 'ready' });
});

it('ends with 1 when the engine keeps dying', async () => {
  const exit = once(service.process, 'exit');
  const again = setInterval(
    () =>
      void isReady().then(
        (ready) => ready && kill(),
        () => undefined,
      ),
    50,
  );
  const [code] = (await exit) as [number];
  clearInterval(again);
  expect(code).toBe(1);
  expect(service.log).toContain('the engine is given up');
});
