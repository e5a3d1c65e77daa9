import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import multipart from '@fastify/multipart';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../common/digest.js';
import { errorAnswer } from './error-body.js';
import { adapterUpload } from './adapter-import.service.js';
import { readImportFields, writeCard } from './import-form.js';
import { receiveUpload, type Upload } from './upload.js';

let directory: string;
let server: FastifyInstance;
let received: Upload | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'upload-'));
  received = undefined;
  server = fastify();
  await server.register(multipart, { throwFileSizeLimit: false, limits: { fields: 5, fieldSize: 100 } });
  server.post('/', async (request, reply) => {
    try {
      received = await receiveUpload(request, { ...adapterUpload(1000), directory });
      return {};
    } catch (error) {
      const { status, body } = errorAnswer(error);
      return reply.code(status).send(body);
    }
  });
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function send(parts: [string, string | Blob, string?][]): Promise<{ status: number; message: string }> {
  const form = new FormData();
  for (const [name, value, file] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, file);
  }
  const encoded = new Response(form);
  const response = await server.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
  const { error } = response.json<{ error?: { message: string } }>();
  return { status: response.statusCode, message: error?.message ?? '' };
}

const blob = (bytes: number): Blob => new Blob([new Uint8Array(bytes).fill(7)]);

describe('receiveUpload', () => {
  it.each(['../adapter_config.json', 'a/adapter_config.json', '..\\adapter_config.json', '..'])(
    'refuses the file name %s, and does not cut it',
    async (name) => {
      const { status, message } = await send([['files', blob(1), name]]);
      expect(status).toBe(400);
      expect(message).toContain(`got ${JSON.stringify(name)}`);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  it('writes the files and gives their sizes and digests, and removes them when asked', async () => {
    await send([
      ['name', 'a'],
      ['files', blob(300), 'adapter_config.json'],
      ['other', blob(400), 'adapter_model.safetensors'],
    ]);
    expect(received?.fields.get('name')).toBe('a');
    expect(received?.files).toEqual([
      { name: 'adapter_config.json', bytes: 300, sha256: sha256Hex(new Uint8Array(300).fill(7)) },
      { name: 'adapter_model.safetensors', bytes: 400, sha256: sha256Hex(new Uint8Array(400).fill(7)) },
    ]);
    expect((await readFile(join(received?.directory ?? '', 'adapter_config.json'))).byteLength).toBe(300);
    await received?.discard();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each<[string, [string, string | Blob, string?][], number, string]>([
    ['a pickle', [['files', blob(1), 'adapter_model.bin']], 400, 'only safetensors'],
    ['an unknown name', [['files', blob(1), 'run.sh']], 400, 'run.sh'],
    ['a path', [['files', blob(1), '../../../etc/passwd']], 400, 'passwd'],
    [
      'a name twice',
      [
        ['f', blob(1), 'card.json'],
        ['f', blob(1), 'card.json'],
      ],
      400,
      'each name once',
    ],
    [
      'files over their sum',
      [
        ['f', blob(600), 'card.json'],
        ['f', blob(600), 'adapter_config.json'],
      ],
      413,
      'at most 400',
    ],
    [
      'a field twice',
      [
        ['name', 'a'],
        ['name', 'b'],
      ],
      400,
      'expected once',
    ],
    ['a long field', [['labels', 'x'.repeat(101)]], 413, 'labels: too long'],
    ['many fields', [1, 2, 3, 4, 5, 6].map((i) => [`f${i}`, 'x']), 413, 'multipart body'],
  ])('refuses %s and leaves nothing', async (_, parts, status, message) => {
    const answer = await send(parts);
    expect([answer.status, answer.message]).toEqual([status, expect.stringContaining(message)]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses a body that is cut off, has no boundary, or is not multipart', async () => {
    const post = (type: string, payload: string) =>
      server.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload });
    const cut = '--b\r\ncontent-disposition: form-data; name="f"; filename="card.json"\r\n\r\n{"a"';
    expect((await post('multipart/form-data; boundary=b', cut)).statusCode).toBe(400);
    expect((await post('multipart/form-data', cut)).statusCode).toBe(400);
    expect((await post('application/json', '{}')).statusCode).toBe(415);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('the fields of an import', () => {
  const fields = (values: Record<string, string>) => readImportFields({ fields: new Map(Object.entries(values)) });

  it('are checked, labels as JSON', () => {
    expect(fields({ name: 'a', labels: '["x","y"]' })).toEqual({ name: 'a', labels: ['x', 'y'] });
    expect(() => fields({ labels: '["x"]' })).toThrow('name');
    expect(() => fields({ name: 'a', labels: '[' })).toThrow('labels: expected JSON');
    expect(() => fields({ name: 'a', task: 'dance' })).toThrow('task');
    expect(() => fields({ name: 'a', label: '[]' })).toThrow('label');
  });

  it('go into the card, over what an uploaded card says', async () => {
    await send([['files', new Blob(['{"task":"embedding","name":"n"}']), 'card.json']]);
    const upload = received as Upload;
    await writeCard(upload, { name: 'a', labels: ['x'], problem: 'multi' });
    const card = JSON.parse(await readFile(join(upload.directory, 'card.json'), 'utf8'));
    expect(card).toEqual({ task: 'embedding', name: 'n', labels: ['x'], problem: 'multi' });
    await send([['files', new Blob(['[1]']), 'card.json']]);
    await expect(writeCard(received as unknown as Upload, { name: 'a', labels: ['x'] })).rejects.toThrow('JSON object');
  });
});
