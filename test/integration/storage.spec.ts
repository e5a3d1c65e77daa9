import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FilesystemObjectStore } from '../../src/storage/filesystem-object-store.js';
import { describeObjectStore } from '../support/object-store.contract.js';

const roots: string[] = [];
const makeRoot = async () => {
  const root = await mkdtemp(join(tmpdir(), 'tessera-objects-'));
  roots.push(root);
  return root;
};
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

describeObjectStore('FilesystemObjectStore', async () => FilesystemObjectStore.open(await makeRoot()));

describe('FilesystemObjectStore on its disk', () => {
  let root: string;
  let store: FilesystemObjectStore;
  beforeAll(async () => {
    root = await makeRoot();
    store = await FilesystemObjectStore.open(root);
  });

  it('removes what a crash left in the middle of a put', async () => {
    await writeFile(join(root, '.incoming/left-over'), 'half an obj');
    await store.put('kept/one', Buffer.from('whole'));
    const again = await FilesystemObjectStore.open(root);
    expect(await readdir(join(root, '.incoming'))).toEqual([]);
    expect(Buffer.from(await again.read('kept/one')).toString()).toBe('whole');
  });

  it('removes directories that a delete has emptied, and no others', async () => {
    await store.put('tree/a/b/one', Buffer.from('1'));
    await store.put('tree/two', Buffer.from('2'));
    await store.delete('tree/a/b/one');
    expect(await readdir(join(root, 'tree'))).toEqual(['two']);
  });

  it('puts while deletes take the directory away', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `race/dir/${at}`);
    await Promise.all(
      names.map(async (name) => {
        await store.put(name, Buffer.from(name));
        await store.delete(name);
      }),
    );
    expect(await readdir(root)).not.toContain('race');
  });

  it('names an object whose bytes have changed on the disk', async () => {
    await store.put('rotten', Buffer.from('content'));
    const file = join(root, 'rotten');
    const bytes = await readFile(file);
    bytes[0]! ^= 1;
    await writeFile(file, bytes);
    await expect(store.read('rotten')).rejects.toMatchObject({ code: 'object_corrupted' });
    await expect(buffer(await store.get('rotten'))).rejects.toMatchObject({ code: 'object_corrupted' });
  });

  it('names a file that is not one of its objects', async () => {
    await mkdir(join(root, 'foreign'));
    await appendFile(join(root, 'foreign/file'), 'put here by hand');
    await expect(store.read('foreign/file')).rejects.toMatchObject({ code: 'object_corrupted' });
    await expect(store.find('foreign')).resolves.toBeUndefined();
  });

  it('calls a full or broken disk a retryable storage error and keeps nothing', async () => {
    await writeFile(join(root, 'a-file'), 'in the way of a directory');
    await expect(store.put('a-file/below', Readable.from([Buffer.from('x')]))).rejects.toMatchObject({
      code: 'storage_unavailable',
      retryable: true,
    });
    expect(await readdir(join(root, '.incoming'))).toEqual([]);
  });
});
