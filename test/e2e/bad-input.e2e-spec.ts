import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findProcesses } from '../../src/database/postmaster.js';
import { adapterForm } from '../support/adapter-form.js';
import { ACCESS_CASES } from '../support/bad-input/access-cases.js';
import { ADAPTER_CASES } from '../support/bad-input/adapter-cases.js';
import type { BadCase, Refusal } from '../support/bad-input/bad-case.js';
import { COMPOSITION_CASES } from '../support/bad-input/composition-cases.js';
import { FIT_CASES } from '../support/bad-input/fit-cases.js';
import {
  INFERENCE_CASES,
  LIMITS,
  LONG_TEXTS,
  STRANGE_BODIES,
  STRANGE_TEXTS,
} from '../support/bad-input/inference-cases.js';
import { BAD_MODELS } from '../support/bad-input/model-cases.js';
import { UPLOAD_BYTES, UPLOAD_CASES } from '../support/bad-input/upload-cases.js';
import { WIRE_CASES } from '../support/bad-input/wire-cases.js';
import { FootprintProbe, type Footprint } from '../support/footprint.js';
import { sendBytes } from '../support/raw-request.js';
import { RunningService } from '../support/running-service.js';

const ANSWER_MS = 10_000;
/** A base model that is served, against expectation, must not keep the run. */
const REFUSE_MS = 60_000;
const BASE = fileURLToPath(new URL('../../models/tessera-tiny/', import.meta.url));

interface ErrorBody {
  readonly error: Readonly<Record<'message' | 'type' | 'param' | 'code', unknown>>;
}

/** Status and body as expected, in the shape of OpenAI's errors and of a bounded length. */
function expectRefusal(status: number | undefined, body: ErrorBody, { message: expected, ...rest }: Refusal): void {
  const { code, param, message } = body.error;
  expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type']);
  expect({ status, code, param, message }).toMatchObject(rest);
  expect(message).toEqual(
    typeof expected === 'string' ? expect.stringContaining(expected) : expect.stringMatching(expected),
  );
  expect(String(message).length).toBeLessThan(2000);
}

describe('bad requests, uploads and adapters', () => {
  let service: RunningService;
  let probe: FootprintProbe;
  let before: Footprint;
  let tenant: { id: string; key: string };
  let digest: string;
  /** How much of the log earlier cases have answered for. */
  let readTo = 0;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    const env = {
      MAX_BODY_BYTES: `${LIMITS.bodyBytes}`,
      MAX_INPUTS: `${LIMITS.inputs}`,
      MAX_UPLOAD_BYTES: `${UPLOAD_BYTES}`,
      DEFAULT_TENANT: 'false',
      LOG_LEVEL: 'warn',
    };
    service = await RunningService.start({ env });
    tenant = await service.newTenant('tester');
    const admin = await service.adminKey;
    const reader = { tenant: tenant.id, role: 'tenant:read', label: 'reader' };
    const { body: key } = await service.call(admin, 'POST', '/admin/keys', reader);
    keys.set('tenant', tenant.key).set('admin', admin).set('reader', key.secret);
    const form = await adapterForm('clinc-banking', { name: 'bank' });
    digest = (await service.call(tenant.key, 'POST', '/v1/adapters', form)).body.version;
    await service.call(tenant.key, 'POST', '/v1/compositions', { name: 'pair', composition: '0.5*bank' });
    await service.call(tenant.key, 'POST', '/v1/compositions', { name: 'outer', composition: '2*pair' });
    probe = await FootprintProbe.open(service.dataDir);
    before = await probe.look();
  });
  afterAll(async () => {
    await probe.close();
    await service.remove();
  });

  /** It still runs and answers, has logged no fault, and holds what it held. */
  afterEach(async () => {
    const ask = { model: 'bank', input: 'how much money is in my checking account' };
    const { status, body } = await service.call(tenant.key, 'POST', '/v1/classify', ask);
    expect([status, body.data?.[0]?.label]).toEqual([200, 'balance']);
    expect(await probe.look()).toEqual(before);
    const [said, from] = [service.log, readTo];
    readTo = said.length;
    expect(said.slice(from)).not.toMatch(/"level":"(error|fatal)"/);
  });

  async function send({ as = 'tenant', call, headers = {}, body }: BadCase) {
    const [method = '', path = ''] = filled(call).split(' ');
    const authorization = as.includes(' ') ? as : `Bearer ${keys.get(as) ?? ''}`;
    const isRaw = typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData;
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        ...(as !== 'nobody' && { authorization }),
        ...(body !== undefined && !isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? body : filled(JSON.stringify(body)) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: response.status, body: (await response.json()) as ErrorBody };
  }

  function filled(text: string): string {
    return text.replaceAll(':digest', digest).replaceAll(':tenant', tenant.id);
  }

  const groups = {
    compositions: COMPOSITION_CASES,
    fits: FIT_CASES,
    inference: INFERENCE_CASES,
    access: ACCESS_CASES,
    uploads: UPLOAD_CASES,
    adapters: ADAPTER_CASES,
  };
  for (const [group, cases] of Object.entries(groups)) {
    it.each(cases.map((one) => [one.what, one] as const))(`${group}: %s`, async (_what, one) => {
      const { status, body } = await send(one);
      expectRefusal(status, body, one.refusal);
    });
  }

  it.each(STRANGE_TEXTS)('answers %s, which is strange but a text', async (_what, input) => {
    for (const [path, body] of [
      ['/v1/classify', { model: 'bank', input }],
      ['/v1/embeddings', { model: 'base', input }],
    ] as const) {
      expect((await service.call(tenant.key, 'POST', path, body)).status).toBe(200);
    }
  });

  it.each(STRANGE_BODIES)('answers %s, which is strange but JSON', async (_what, body) => {
    const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' };
    const response = await fetch(`${service.url}/v1/classify`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  });

  it.each(LONG_TEXTS)('cuts a megabyte of %s when asked to', async (_what, input) => {
    const ask = { model: 'bank', input: ['a', input], truncate: true };
    const { status, body } = await service.call(tenant.key, 'POST', '/v1/classify', ask);
    expect([status, body.data?.length]).toEqual([200, 2]);
  });

  it.each(WIRE_CASES.map((one) => [one.what, one] as const))('on the wire: %s', async (_what, { bytes, refusal }) => {
    const waitMs = refusal === undefined ? 200 : ANSWER_MS;
    const answer = await sendBytes(service.url, bytes.replace(':key', tenant.key), waitMs);
    if (refusal === undefined) expect(answer).toBeUndefined();
    else expectRefusal(answer?.status, answer?.body as ErrorBody, refusal);
  });

  it.each([0.01, 0.5, 0.99])('an upload that is cut off after %s of it leaves nothing', async (share) => {
    const form = new Response(await adapterForm('clinc-travel', { name: 'cut' }));
    const contentType = form.headers.get('content-type') ?? '';
    const bytes = Buffer.from(await form.arrayBuffer());
    const headers = {
      authorization: `Bearer ${tenant.key}`,
      'content-type': contentType,
      'content-length': bytes.length,
    };
    const upload = request(`${service.url}/v1/adapters`, { method: 'POST', headers });
    upload.on('error', () => undefined); // it is we who cut it off
    upload.write(bytes.subarray(0, Math.floor(bytes.length * share)));
    await sleep(100);
    upload.destroy();
    for (let tries = 0; tries < 100 && (await probe.look()).uploads.length > 0; tries++) await sleep(20);
  });
});

describe('bad base models', () => {
  it.each(BAD_MODELS.map((one) => [one.what, one] as const))(
    '%s: refused at start',
    async (_what, { damage, message }) => {
      const directory = await mkdtemp(join(tmpdir(), 'tessera-model-'));
      const files = new Map<string, Uint8Array>();
      for (const name of await readdir(BASE)) files.set(name, await readFile(join(BASE, name)));
      damage(files);
      for (const [name, bytes] of files) await writeFile(join(directory, name), bytes);
      const service = await RunningService.spawn({ env: { BASE_MODEL: directory, DEFAULT_TENANT: 'false' } });
      try {
        const [code] = await once(service.process, 'exit', { signal: AbortSignal.timeout(REFUSE_MS) });
        const said = service.log.split('\n').filter((line) => line.startsWith('tessera: '));
        expect(said).toHaveLength(1);
        expect(said[0]).toEqual(
          typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
        );
        expect(service.log).not.toMatch(/^\s+at /m);
        expect(code).toBe(1);
        expect(await findProcesses(join(service.dataDir, 'postgres'))).toEqual([]);
        await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
      } finally {
        await service.remove();
        await rm(directory, { recursive: true });
      }
    },
  );
});
