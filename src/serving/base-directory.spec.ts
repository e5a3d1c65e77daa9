import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { baseDirectory, copyBase } from './base-directory.js';

let parent: string;
beforeEach(async () => (parent = await mkdtemp(join(tmpdir(), 'base-directory-'))));
afterEach(() => rm(parent, { recursive: true }));

const files: Record<string, string> = {
  'models/tiny/config.json': '{}',
  'models/tiny/model.safetensors': 'weights',
  'models/tiny/checkpoints/1.safetensors': 'not this',
};

function storeOf(objects: Record<string, string>, modifiedAtMs = 1) {
  const reads: string[] = [];
  return {
    reads,
    async *list(prefix: string) {
      for (const [key, text] of Object.entries(objects)) {
        if (key.startsWith(prefix)) yield { key, bytes: text.length, modifiedAtMs };
      }
    },
    get: async (key: string) => {
      reads.push(key);
      if (objects[key] === 'broken') throw new Error('broken');
      return Readable.from([Buffer.from(objects[key] ?? '')]);
    },
  };
}

it('takes a directory as it is', async () => {
  expect(await baseDirectory({ baseModel: '/models/tiny', dataDir: parent, s3: undefined })).toBe('/models/tiny');
});

it('refuses an s3 address without a server', async () => {
  const config = { baseModel: 's3://bucket/tiny', dataDir: parent, s3: undefined };
  await expect(baseDirectory(config)).rejects.toThrow('S3_ENDPOINT');
});

it('copies the files of the prefix once, and again when they change', async () => {
  const store = storeOf(files);
  const directory = await copyBase(store, 'models/tiny', parent);
  expect([basename(directory), await readdir(directory)]).toEqual(['tiny', ['config.json', 'model.safetensors']]);
  expect(await readFile(join(directory, 'model.safetensors'), 'utf8')).toBe('weights');
  expect(await copyBase(store, 'models/tiny', parent)).toBe(directory);
  expect(store.reads).toHaveLength(2);
  expect(await copyBase(storeOf(files, 2), 'models/tiny', parent)).not.toBe(directory);
});

it('leaves nothing of a copy that failed, and refuses an empty prefix', async () => {
  await expect(copyBase(storeOf({ 'a/config.json': 'broken' }), 'a', parent)).rejects.toThrow('broken');
  expect((await readdir(parent)).filter((name) => name.startsWith('part-'))).toEqual([]);
  await expect(copyBase(storeOf({}), 'a', parent)).rejects.toThrow('found none');
});
