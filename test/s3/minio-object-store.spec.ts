import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { MinioObjectStore, type MinioOptions } from '../../src/storage/minio-object-store.js';
import { describeObjectStore } from '../support/object-store.contract.js';

const { s3 } = loadConfig(process.env);
if (!s3)
  throw new Error(
    'S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY: expected a running S3 server, got none; see scripts/ceph-up.sh',
  );

let spoolDir: string;
const options = (changes: Partial<MinioOptions> = {}): MinioOptions => ({ ...s3, spoolDir, ...changes });
beforeAll(async () => {
  spoolDir = await mkdtemp(join(tmpdir(), 'tessera-spool-'));
});
afterAll(() => rm(spoolDir, { recursive: true, force: true }));

describeObjectStore('MinioObjectStore', async () => MinioObjectStore.open(options()));

describe('MinioObjectStore on its server', () => {
  it('makes its bucket once, also when two open together', async () => {
    const bucket = `made-${randomUUID()}`;
    await Promise.all([MinioObjectStore.open(options({ bucket })), MinioObjectStore.open(options({ bucket }))]);
    const store = await MinioObjectStore.open(options({ bucket }));
    await store.put('one', Buffer.from('1'));
    expect(Buffer.from(await store.read('one')).toString()).toBe('1');
  });

  it('lists past one page of the server', async () => {
    const store = await MinioObjectStore.open(options());
    const base = `many-${randomUUID()}`;
    const names = Array.from({ length: 1100 }, (_, at) => `${base}/${String(at).padStart(5, '0')}`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((name) => store.put(name, Buffer.from('x'))));
    }
    const found: string[] = [];
    for await (const { key } of store.list(`${base}/`)) found.push(key);
    expect(found).toEqual(names);
  });

  it('leaves no local file behind, whether a put succeeds or not', async () => {
    const store = await MinioObjectStore.open(options());
    const key = `spool-${randomUUID()}`;
    await store.put(key, Readable.from([randomBytes(1000)]));
    await expect(store.put(key, Readable.from([randomBytes(1000)]))).rejects.toMatchObject({ code: 'object_exists' });
    await expect(store.put(`${key}-2`, Readable.from([randomBytes(1000)]), { maxBytes: 10 })).rejects.toMatchObject({
      code: 'too_large',
    });
    expect(await readdir(spoolDir)).toEqual([]);
  });

  it('names an object that something else wrote', async () => {
    const store = await MinioObjectStore.open(options());
    const { hostname, port } = new URL(s3.endpoint);
    const foreign = new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey: s3.accessKey,
      secretKey: s3.secretKey,
      region: s3.region,
    });
    const key = `foreign-${randomUUID()}`;
    await foreign.putObject(s3.bucket, key, Buffer.from('no digest'));
    await expect(store.read(key)).rejects.toMatchObject({ code: 'object_corrupted' });
  });

  it('refuses a wrong secret at once, and calls a server that is away retryable', async () => {
    await expect(MinioObjectStore.open(options({ secretKey: 'wrong' }))).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(/AccessDenied|SignatureDoesNotMatch/),
    });
    const nobody = createServer();
    const port = await new Promise<number>((resolve) =>
      nobody.listen(0, '127.0.0.1', () => resolve((nobody.address() as { port: number }).port)),
    );
    await new Promise((resolve) => nobody.close(resolve));
    await expect(MinioObjectStore.open(options({ endpoint: `http://127.0.0.1:${port}` }))).rejects.toMatchObject({
      code: 'storage_unavailable',
      retryable: true,
    });
  });
});
