import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeObjectStore } from '../../test/support/fake-object-store.js';
import { recipeOf } from '../engine/io/tensor-recipe.js';
import { writeSafetensors } from '../engine/io/safetensors.js';
import { tensor } from '../engine/tensor.js';
import { openWeights, readManifest, readPackedModel, type ModelManifest } from './model-manifest.js';
import { tensorKey } from './object-layout.js';

const tenantId = '4a1d5e8e-3a51-4b0e-9a9b-6f0c2d1e7a55';
const key = `tenants/${tenantId}/adapters/a/b/packed/base-v1.safetensors.manifest.json`;
const numbers = (count: number, from: number) => Float32Array.from({ length: count }, (_, at) => from + at);
const OWN = numbers(64, 1);
const BASE = numbers(32, 100);
const file = writeSafetensors(
  new Map([
    ['empty', tensor('float32', [0], new Float32Array())],
    ['layer.0', tensor('float32', [4, 8], BASE)],
    ['layer.1', tensor('float32', [8, 8], OWN)],
  ]),
);
const recipeIn = (held: Uint8Array) =>
  recipeOf({ bytes: held.byteLength, read: async (start, bytes) => held.subarray(start, start + bytes) });
const packedFile = writeSafetensors(new Map([['model.layer.1', tensor('float32', [8, 8], OWN)]]));
const packed = await recipeIn(packedFile);
const manifest: ModelManifest = {
  ...{ tenantId, baseDigest: 'f'.repeat(64), weights: await recipeIn(file), packed },
  fromBase: { 'layer.0': 'encoder.0' },
};
const part = tensorKey(tenantId, packed.tensors[0]!.sha256);
const asBytes = ({ buffer: held }: Float32Array): Uint8Array => new Uint8Array(held as ArrayBuffer);
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const fromBase = (): Uint8Array => asBytes(BASE);

let store: FakeObjectStore;
beforeEach(async () => {
  store = new FakeObjectStore();
  await store.put(key, json(manifest));
  await store.put(part, asBytes(OWN));
});

async function replace(at: string, body: Uint8Array | undefined): Promise<void> {
  await store.delete(at);
  if (body !== undefined) await store.put(at, body);
}
const read = () => readPackedModel(store, key, packed.sha256);
const download = async (base = fromBase) => buffer(openWeights(store, await readManifest(store, key), base));

describe('a model in tensors', () => {
  it('is put together again, in shared memory, of tensors that are never read whole', async () => {
    const got = await read();
    expect(Buffer.from(got).equals(Buffer.from(packedFile))).toBe(true);
    expect(got.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(store.calls).toMatchObject({ read: 1, get: 1 });
    expect((await download()).equals(Buffer.from(file))).toBe(true);
  });

  it.each<[string, Uint8Array | undefined, string, RegExp]>([
    ['cut off', asBytes(OWN).slice(0, 100), 'object_corrupted', /expected 256 bytes, got 100$/],
    ['longer than it was', new Uint8Array(300), 'object_corrupted', /expected 256 bytes, got more$/],
    ['of other numbers', asBytes(numbers(64, 2)), 'object_corrupted', /expected content of sha256/],
    ['gone', undefined, 'object_missing', /expected a tensor of a model, got none$/],
  ])('is refused with the name of a tensor that is %s', async (_fault, body, code, message) => {
    await replace(part, body);
    for (const attempt of [read, download]) {
      const error = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, status: 502, retryable: true });
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).toContain(part);
    }
  });

  it.each<[string, () => Uint8Array]>([
    ['cut off', () => json(manifest).slice(0, -20)],
    ['of a file with a byte too many', () => json({ ...manifest, packed: { ...packed, bytes: packed.bytes + 1 } })],
    ['without a tensor', () => json({ ...manifest, packed: { ...packed, tensors: [] } })],
    ['of another tenant', () => json({ ...manifest, tenantId: '00000000-0000-4000-8000-000000000000' })],
    ['of another content', () => json({ ...manifest, packed: { ...packed, sha256: '0'.repeat(64) } })],
  ])('is refused with a manifest that is %s', async (_fault, body) => {
    await replace(key, body());
    await expect(read()).rejects.toMatchObject({ code: 'object_corrupted', status: 502 });
  });

  it('is not given out with tensors of a base whose files were changed meanwhile', async () => {
    await expect(download(() => asBytes(numbers(32, 101)))).rejects.toMatchObject({ code: 'invalid_model' });
    expect(
      createHash('sha256')
        .update(await download())
        .digest('hex'),
    ).toBe(manifest.weights.sha256);
  });
});
