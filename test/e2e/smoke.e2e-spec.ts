import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdapterFiles } from '../../src/adapters/files.js';
import { adapterForm, exampleDirectory } from '../support/adapter-form.js';
import { formOf, generateAdapter } from '../support/generated-adapters.js';
import { RunningService } from '../support/running-service.js';

const BALANCE = 'please tell me how much cash is left in my checking account';

let service: RunningService;
beforeAll(async () => (service = await RunningService.start()));
afterAll(() => service.remove());

describe('the whole product', () => {
  it('prints its address, where the keys are, and a call that answers sensibly', async () => {
    await expect.poll(() => service.log).toContain('-d ');
    expect(service.log).toContain(`Tessera answers at ${service.url}`);
    expect(service.log).toContain(join(service.dataDir, 'admin.key'));
    for (const file of ['admin.key', 'default.key']) {
      expect((await stat(join(service.dataDir, file))).mode & 0o777).toBe(0o600);
    }
    const printed = /-d '(.*)'/.exec(service.log)?.[1] ?? '';
    const { status, body } = await service.call(await service.defaultKey, 'POST', '/v1/classify', JSON.parse(printed));
    expect([status, body.data[0].label]).toEqual([200, 'balance']);
  });

  it('goes from files to answers, versions, aliases and back to the files', async () => {
    const { key } = await service.newTenant('smoke');
    const call = (method: string, path: string, body?: unknown) => service.call(key, method, path, body);

    const imported = await call('POST', '/v1/adapters', await adapterForm('clinc-banking', { name: 'bank' }));
    expect(imported).toMatchObject({ status: 201, body: { adapter: 'bank', method: 'lora', is_new: true } });
    const { version } = imported.body;
    expect(imported.body.labels).toHaveLength(15);
    const again = await call('POST', '/v1/adapters', await adapterForm('clinc-banking', { name: 'bank' }));
    expect(again.body).toMatchObject({ version, is_new: false });

    const answer = await call('POST', '/v1/classify', {
      model: 'bank',
      input: [BALANCE, 'kindly freeze the account of mine right now'],
      top_k: 15,
    });
    expect(answer.headers.get('x-tessera-version')).toBe(version);
    expect(answer.body).toMatchObject({ object: 'list', model: 'bank', version, usage: { prompt_tokens: 27 } });
    expect(answer.body.data.map(({ label }: { label: string }) => label)).toEqual(['balance', 'freeze_account']);
    const sum = answer.body.data[0].scores.reduce((total: number, { score }: { score: number }) => total + score, 0);
    expect(sum).toBeCloseTo(1, 5);

    const other = await call(
      'POST',
      '/v1/adapters',
      await adapterForm('clinc-travel', { name: 'bank', alias: 'trial' }),
    );
    expect((await call('POST', '/v1/classify', { model: 'bank', input: BALANCE })).body.version).toBe(version);
    const trial = await call('POST', '/v1/classify', {
      model: 'bank@trial',
      input: 'do i have to get a visa before i travel to japan',
    });
    expect(trial.body).toMatchObject({ version: other.body.version, data: [{ label: 'international_visa' }] });
    const moved = await call('PUT', '/v1/adapters/bank/aliases/production', {
      version: other.body.version,
      expected: version,
    });
    expect(moved.status).toBe(200);
    expect((await call('POST', '/v1/classify', { model: 'bank', input: BALANCE })).body.version).toBe(
      other.body.version,
    );
    const stale = await call('PUT', '/v1/adapters/bank/aliases/production', { version, expected: version });
    expect([stale.status, stale.body.error.code]).toEqual([409, 'alias_moved']);
    const exact = await call('POST', '/v1/classify', { model: `bank@${version}`, input: BALANCE });
    expect(exact.body.data[0].label).toBe('balance');

    const files = await call('GET', `/v1/adapters/bank/versions/${version}/files`);
    expect(files.body.data.map(({ name }: { name: string }) => name)).toContain('adapter_model.safetensors');
    const file = await fetch(`${service.url}/v1/adapters/bank/versions/${version}/files/adapter_model.safetensors`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const original = await readFile(join(exampleDirectory('clinc-banking'), 'adapter_model.safetensors'));
    expect(Buffer.from(await file.arrayBuffer()).equals(original)).toBe(true);

    expect((await call('DELETE', `/v1/models/bank@${other.body.version}`)).body.error.code).toBe('version_in_use');
    expect((await call('DELETE', `/v1/models/bank@${version}`)).body).toMatchObject({ deleted: true });
    expect((await call('POST', '/v1/classify', { model: `bank@${version}`, input: BALANCE })).status).toBe(404);
    expect((await call('DELETE', '/v1/adapters/bank')).body).toMatchObject({ deleted: true });
    expect((await call('GET', '/v1/models')).body.data.map(({ id }: { id: string }) => id)).toEqual(['base']);
  });

  it('fills masks and embeds with the base', async () => {
    const key = await service.defaultKey;
    const filled = await service.call(key, 'POST', '/v1/fill_mask', { model: 'base', input: 'he opened the [MASK] .' });
    expect(filled.body.data[0].masks[0]).toMatchObject({ start: 14, end: 20 });
    expect(filled.body.data[0].masks[0].candidates).toHaveLength(5);
    const { body } = await service.call(key, 'POST', '/v1/embeddings', {
      model: 'base',
      input: ['a', 'a', 'a longer text'],
    });
    const [one, two, three] = body.data.map(({ embedding }: { embedding: number[] }) => embedding);
    expect(Math.hypot(...one)).toBeCloseTo(1, 5);
    one.forEach((x: number, i: number) => expect(x).toBeCloseTo(two[i], 5));
    expect(three).not.toEqual(one);
  });

  it('marks entities in code points, and scores labels that may hold together', async () => {
    const { key } = await service.newTenant('tagger');
    const importOf = (files: AdapterFiles, fields: Record<string, string>) =>
      service.call(key, 'POST', '/v1/adapters', formOf(files, fields));
    const tagger = generateAdapter({ kind: 'lora', labels: 3, seed: 5, task: 'TOKEN_CLS' });
    const labels = '["O","B-THING","I-THING"]';
    expect((await importOf(tagger, { name: 'tagger', labels })).body.task).toBe('token_classification');
    const input = '🙂 Zoë met 🦊🦊 and Bob, café Crème';
    const { body } = await service.call(key, 'POST', '/v1/token_classify', { model: 'tagger', input: [input, 'b'] });
    const [{ entities }] = body.data;
    expect(entities.length).toBeGreaterThan(0);
    for (const { start, end, text, label } of entities) {
      expect(Array.from(input).slice(start, end).join('')).toBe(text);
      expect(label).toBe('THING');
    }
    const multi = generateAdapter({ kind: 'prompt', labels: 3, seed: 6 });
    expect((await importOf(multi, { name: 'multi', problem: 'multi' })).body.details.problem).toBe('multi');
    const answer = await service.call(key, 'POST', '/v1/classify', { model: 'multi', input: 'a text', top_k: 3 });
    const sum = answer.body.data[0].scores.reduce((total: number, { score }: { score: number }) => total + score, 0);
    expect(Math.abs(sum - 1)).toBeGreaterThan(0.01);
    const wrong = await service.call(key, 'POST', '/v1/classify', { model: 'tagger', input: 'a' });
    expect([wrong.status, wrong.body.error.param]).toEqual([400, 'model']);
  });

  it('answers each of many requests as it answers that request alone', async () => {
    const key = await service.defaultKey;
    const texts = [
      'what would my account balance be now',
      'are there any travel warnings for peru',
      'somebody used my card and it was not me',
      'hi',
    ];
    const asks = Array.from({ length: 120 }, (_, i) => {
      return { model: ['clinc-banking', 'clinc-travel'][i % 2], input: texts[i % texts.length], top_k: 15 };
    });
    const scores = async (ask: object): Promise<Record<string, number>> => {
      const { body } = await service.call(key, 'POST', '/v1/classify', ask);
      return Object.fromEntries(body.data[0].scores.map((s: { label: string; score: number }) => [s.label, s.score]));
    };
    const together = await Promise.all(asks.map(scores));
    for (const [i, ask] of asks.entries()) {
      const alone = await scores(ask);
      for (const [label, score] of Object.entries(alone)) expect(together[i]?.[label]).toBeCloseTo(score, 4);
    }
  });

  it('shows itself to operations', async () => {
    const { body: metrics } = await service.call('', 'GET', '/metrics');
    for (const name of [
      'requests_total',
      'batch_fill_bucket',
      'queue_seconds_count',
      'residency_bytes',
      'engine_seconds_sum',
      'event_loop_delay_seconds',
      'build_info',
      'adapter_requests_total',
      'tokens_total',
      'residency_hits_total',
    ]) {
      expect(metrics).toContain(`tessera_${name}`);
    }
    const { body: document } = await service.call('', 'GET', '/openapi.json');
    expect(Object.keys(document.paths)).toContain('/v1/classify');
    expect((await fetch(`${service.url}/docs/`)).status).toBe(200);
  });

  it('logs requests with their ids as JSON, without keys and inputs', async () => {
    const key = await service.defaultKey;
    const response = await fetch(`${service.url}/v1/classify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-request-id': 'my-request-1' },
      body: JSON.stringify({ model: 'clinc-banking', input: 'a very private sentence' }),
    });
    expect(response.headers.get('x-request-id')).toBe('my-request-1');
    await response.text();
    const logged = () => service.log.split('\n').find((text) => text.includes('my-request-1'));
    await expect.poll(logged).toBeDefined();
    const line = JSON.parse(logged() ?? '{}');
    expect(line).toMatchObject({ method: 'POST', route: '/v1/classify', status: 200 });
    for (const secret of [key, await service.adminKey, 'private sentence']) expect(service.log).not.toContain(secret);
  });
});
