import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Metrics } from '../metrics/metrics.js';
import type { BrickRef } from './brick-ref.js';
import { BrickTiers } from './brick-tiers.js';
import { DiskCache } from './disk-cache.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'brick-tiers-'))));
afterEach(() => rm(directory, { recursive: true }));

const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(name.repeat(10));
const ref = (id: string): BrickRef => ({
  id,
  objectKey: id,
  sha256: createHash('sha256').update(bytesOf(id)).digest('hex'),
  bytes: bytesOf(id).byteLength,
});

async function tiers(hostBytes: number): Promise<{ tiers: BrickTiers; reads: string[] }> {
  const reads: string[] = [];
  const readObject = async (key: string, sha256: string): Promise<Uint8Array> => {
    expect(sha256).toBe(ref(key).sha256);
    reads.push(key);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (key === 'gone') throw new Error('gone');
    return bytesOf(key);
  };
  const disk = await DiskCache.open(directory, 1000);
  return { tiers: new BrickTiers({ hostBytes, disk, readObject, metrics: new Metrics() }), reads };
}

it('reads an object once, then answers from host memory', async () => {
  const { tiers: subject, reads } = await tiers(100);
  await subject.fetch(ref('a'));
  expect(await subject.fetch(ref('a'))).toEqual(bytesOf('a'));
  expect(reads).toEqual(['a']);
});

it('shares one fetch between callers', async () => {
  const { tiers: subject, reads } = await tiers(100);
  await Promise.all([1, 2, 3].map(() => subject.fetch(ref('a'))));
  expect(reads).toEqual(['a']);
});

it('answers from the disk when host memory has dropped the brick', async () => {
  const { tiers: subject, reads } = await tiers(0);
  await subject.fetch(ref('a'));
  await subject.fetch(ref('a'));
  expect(reads).toEqual(['a']);
});

it('fetches again from the store when the disk copy is damaged', async () => {
  const { tiers: subject, reads } = await tiers(0);
  await subject.fetch(ref('a'));
  await writeFile(join(directory, 'a'), 'nonsense');
  expect(new Uint8Array(await subject.fetch(ref('a')))).toEqual(bytesOf('a'));
  expect(reads).toEqual(['a', 'a']);
});

it('tries again after a failed fetch', async () => {
  const { tiers: subject, reads } = await tiers(100);
  await expect(subject.fetch(ref('gone'))).rejects.toThrow('gone');
  await expect(subject.fetch(ref('gone'))).rejects.toThrow('gone');
  expect(reads).toEqual(['gone', 'gone']);
});

it('forgets a deleted brick in every tier', async () => {
  const { tiers: subject, reads } = await tiers(100);
  await subject.fetch(ref('a'));
  await subject.delete('a');
  await subject.fetch(ref('a'));
  expect(reads).toEqual(['a', 'a']);
});
