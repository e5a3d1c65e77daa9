import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importWholeModel } from '../../src/adapters/import-whole-model.js';
import { unpackBrick } from '../../src/adapters/packed.js';
import { directorySource } from '../../src/models/directory-source.js';
import { readPackedModel } from '../../src/registry/model-manifest.js';
import { ObjectCleanupEntity } from '../../src/registry/object-cleanup.entity.js';
import { TensorRefEntity } from '../../src/registry/tensor-ref.entity.js';
import { BaseAdapterCompiler } from '../../src/serving/base-adapter-compiler.js';
import { makeRegistry } from '../support/registry-kit.js';
import { CHANGES, modelFiles, replaced, wholeBrick } from '../support/whole-model.js';
import { useRegistry } from '../support/use-registry.js';

const base = await replaced(modelFiles());
const importer = {
  import: async (from: string) => importWholeModel(directorySource(from), base),
  arrowGates: () => Promise.reject(new Error('expected no prototypes of whole models')),
  cutSquad: () => Promise.reject(new Error('expected no cut of whole models')),
};
const compiler = new BaseAdapterCompiler(base, importer);
const FILES = { top: modelFiles(CHANGES.top), all: modelFiles(CHANGES.all), none: modelFiles(CHANGES.none) };
const HEAD_TENSORS = 2;

const spec = useRegistry({ compiler });
const { actor } = spec;
const directories: string[] = [];
let { database, store, kit, tenantId } = spec;
beforeEach(() => void ({ database, store, kit, tenantId } = spec));
afterEach(() => Promise.all(directories.splice(0).map((path) => rm(path, { recursive: true }))));

async function importModel(name: string, which: keyof typeof FILES, tenant = tenantId) {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-model-'));
  directories.push(directory);
  for (const [file, bytes] of FILES[which]) await writeFile(join(directory, file), bytes);
  return (await kit.imports.import({ tenantId: tenant, name, directory }, actor)).version;
}
const keys = async (part = '') => (await spec.keys()).filter((key) => key.includes(part));
const sizes = async (of: readonly string[]): Promise<number> => {
  const found = await Promise.all(of.map(async (key) => (await store.find(key))!.bytes));
  return found.reduce((sum, bytes) => sum + bytes, 0);
};
const refs = () => database.tenantDb.run(tenantId, (manager) => manager.count(TensorRefEntity));

describe('a version that is a model of its own', () => {
  it('stores of a partly trained one its top layer, its pooler and its head', async () => {
    const { summary, bytes } = await importModel('intents', 'top');
    expect(summary).toMatchObject({ kind: 'base', method: 'full', task: 'sequence_classification' });
    expect(await keys('/tensors/')).toHaveLength(20);
    expect(await keys('model.safetensors')).toEqual([]);
    const small = [...FILES.top].filter(([name]) => name !== 'model.safetensors');
    const tensors = await sizes(await keys('/tensors/'));
    expect(bytes).toBe(tensors + small.reduce((sum, [, file]) => sum + file.byteLength, 0));
  });

  it.each(['none', 'top', 'all'] as const)(
    'gives back its files byte for byte, with %s of it changed',
    async (which) => {
      const version = await importModel('intents', which);
      const files = await kit.registry.files(tenantId, 'intents', version.digest);
      expect(files.map(({ name }) => name).sort()).toEqual([...FILES[which].keys()].sort());
      for (const { name, sha256 } of files) {
        const { body } = await kit.registry.openFile(tenantId, version, name);
        const content = await buffer(body);
        expect(content.equals(FILES[which].get(name)!), name).toBe(true);
        expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      }
    },
  );

  it('is put together again as the brick that was imported', async () => {
    const version = await importModel('intents', 'top');
    const { objectKey, bytes, sha256 } = await kit.registry.packed(tenantId, version);
    const packed = await readPackedModel(store, objectKey, sha256);
    expect(packed.byteLength).toBe(bytes);
    expect(createHash('sha256').update(packed).digest('hex')).toBe(sha256);
    const { model } = unpackBrick(packed);
    const expected = (await wholeBrick(FILES.top, base)).model!;
    for (const [name, held] of expected.tensors) expect(model!.tensors.get(name)!.data).toEqual(held.data);
  });

  it('shares its tensors with other versions of its tenant, which last as long as one of them', async () => {
    const first = await importModel('one', 'top');
    const before = await keys('/tensors/');
    const second = await importModel('two', 'top');
    expect(await keys('/tensors/')).toEqual(before);
    await kit.removal.deleteAdapter(tenantId, 'one', actor);
    expect(await keys('/tensors/')).toEqual(before);
    expect(await keys(first.importId)).toEqual([]);
    const { objectKey, sha256 } = await kit.registry.packed(tenantId, second);
    expect((await readPackedModel(store, objectKey, sha256)).byteLength).toBeGreaterThan(0);
    await kit.removal.deleteAdapter(tenantId, 'two', actor);
    expect(await keys()).toEqual([]);
    expect(await refs()).toBe(0);
  });

  it('shares nothing with another tenant', async () => {
    const foreign = await kit.makeTenant();
    await importModel('own', 'all');
    const before = await keys(foreign);
    await importModel('theirs', 'all', foreign);
    expect(before).toEqual([]);
    const own = (await keys(`${tenantId}/tensors/`)).map((key) => key.split('/').at(-1));
    expect((await keys(`${foreign}/tensors/`)).map((key) => key.split('/').at(-1))).toEqual(own);
    await kit.removal.deleteAdapter(foreign, 'theirs', actor);
    expect(await keys(`${tenantId}/tensors/`)).toHaveLength(own.length);
    await database.tenantDb.run(foreign, async (manager) => expect(await manager.count(TensorRefEntity)).toBe(0));
  });

  it('counts to the quota what it adds', async () => {
    const { bytes } = await importModel('one', 'all');
    const small = bytes - (await sizes(await keys('/tensors/')));
    await kit.quotas.set(tenantId, { adapterBytes: bytes + small + 1 }, actor);
    await importModel('two', 'all');
    await expect(importModel('three', 'top')).rejects.toMatchObject({ code: 'adapter_bytes_exceeded' });
    expect(await keys('/tensors/')).toHaveLength((await refs()) / 2);
  });

  it('leaves nothing when its import is cut off at any object', async () => {
    await importModel('whole', 'top');
    const before = await keys();
    const held = await refs();
    for (const cut of [1, 5, 40, 60]) {
      let puts = 0;
      const put = store.put.bind(store);
      const cutOff = vi.spyOn(store, 'put').mockImplementation((...args) => {
        if (++puts < cut) return put(...args);
        throw new Error('gone');
      });
      const dead = vi.spyOn(kit.sweeper, 'removeSoon').mockResolvedValue(); // kill -9: nothing cleans up
      await importModel('dead', 'all').catch(() => undefined);
      cutOff.mockRestore();
      dead.mockRestore();
      await kit.sweeper.sweep({ isAlone: true });
      const isMade = (await kit.registry.list(tenantId, {})).items.some(({ name }) => name === 'dead');
      if (isMade) await kit.removal.deleteAdapter(tenantId, 'dead', actor);
      expect(await keys(), `cut at ${cut}`).toEqual(before);
      expect(await refs()).toBe(held);
    }
    await database.tenantDb.run(tenantId, async (manager) => {
      expect(await manager.count(ObjectCleanupEntity)).toBe(0);
    });
  });

  it('of one content by six at once is one version whose tensors are all there', async () => {
    const versions = await Promise.all(Array.from({ length: 6 }, () => importModel('race', 'all')));
    expect(new Set(versions.map(({ importId }) => importId)).size).toBe(1);
    const { objectKey, sha256 } = await kit.registry.packed(tenantId, versions[0]!);
    expect((await readPackedModel(store, objectKey, sha256)).byteLength).toBeGreaterThan(0);
    expect(await refs()).toBe((await keys('/tensors/')).length);
  });

  it('is written down again in a packed form that is newer, of the same tensors', async () => {
    const version = await importModel('intents', 'top');
    const before = await keys('/tensors/');
    const newer = Object.create(compiler, { formatVersion: { value: compiler.formatVersion + 1 } }) as typeof compiler;
    const { registry } = makeRegistry({ database, store, compiler: newer });
    const old = await kit.registry.packed(tenantId, version);
    const { objectKey, sha256 } = await registry.packed(tenantId, version);
    expect(objectKey).not.toBe(old.objectKey);
    expect((await readPackedModel(store, objectKey, sha256)).byteLength).toBe(old.bytes);
    expect(await keys('/tensors/')).toEqual(before);
    await kit.removal.deleteAdapter(tenantId, 'intents', actor);
    expect(await keys()).toEqual([]);
  });

  it('made on another base is refused, not served wrongly', async () => {
    const version = await importModel('intents', 'none');
    expect(await keys('/tensors/')).toHaveLength(HEAD_TENSORS);
    const later = makeRegistry({
      database,
      store,
      compiler: new BaseAdapterCompiler({ ...base, digest: `sha256:${'f'.repeat(64)}` }, importer),
    });
    await expect(later.registry.packed(tenantId, version)).rejects.toMatchObject({ status: 422 });
  });
});
