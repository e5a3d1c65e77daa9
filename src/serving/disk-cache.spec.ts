import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskCache } from './disk-cache.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'disk-cache-'))));
afterEach(() => rm(directory, { recursive: true }));

const bytes = (n: number, fill = n): Uint8Array => new Uint8Array(n).fill(fill);
const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

it('gives back what was put, also after a restart', async () => {
  const cache = await DiskCache.open(directory, 100);
  await cache.put('a', bytes(40));
  const again = await DiskCache.open(directory, 100);
  expect(again.bytes).toBe(40);
  expect(new Uint8Array((await again.get('a', sha(bytes(40)))) ?? [])).toEqual(bytes(40));
});

it('drops the least recently used files when it is full', async () => {
  const cache = await DiskCache.open(directory, 100);
  await cache.put('a', bytes(40));
  await cache.put('b', bytes(40));
  await cache.get('a', sha(bytes(40)));
  await cache.put('c', bytes(41));
  expect((await readdir(directory)).sort()).toEqual(['a', 'c']);
});

it('treats a damaged file as absent and removes it', async () => {
  const cache = await DiskCache.open(directory, 100);
  await cache.put('a', bytes(40));
  await writeFile(join(directory, 'a'), bytes(40, 1));
  expect(await cache.get('a', sha(bytes(40)))).toBeUndefined();
  expect(await readdir(directory)).toEqual([]);
});

it('treats a file that somebody removed as absent', async () => {
  const cache = await DiskCache.open(directory, 100);
  await cache.put('a', bytes(40));
  await rm(join(directory, 'a'));
  expect(await cache.get('a', sha(bytes(40)))).toBeUndefined();
});

it('removes on opening what a crash left half written, and what no longer fits', async () => {
  await writeFile(join(directory, 'a.123.tmp'), bytes(10));
  await writeFile(join(directory, 'old'), bytes(60));
  await writeFile(join(directory, 'new'), bytes(60));
  const cache = await DiskCache.open(directory, 100);
  expect(cache.size).toBe(1);
  expect((await readdir(directory)).length).toBe(1);
});
