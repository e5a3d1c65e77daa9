import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toPublicId } from '../../src/common/public-id.js';
import { DatasetEntity } from '../../src/registry/dataset.entity.js';
import { FileEntity } from '../../src/registry/file.entity.js';
import { FilesService } from '../../src/registry/files.service.js';
import { datasetPlace } from '../../src/registry/object-layout.js';
import { REGISTRY_ENTITIES } from '../../src/registry/registry.module.js';
import { AuditEntity } from '../../src/tenants/audit.entity.js';
import { QuotasEntity } from '../../src/tenants/quotas.entity.js';
import { ApiKeyEntity } from '../../src/tenants/api-key.entity.js';
import { TenantEntity } from '../../src/tenants/tenant.entity.js';
import { FakeObjectStore } from '../support/fake-object-store.js';
import { makeRegistry } from '../support/registry-kit.js';
import { TestDatabase } from '../support/servers.js';

const actor = {};
const store = new FakeObjectStore();
let database: TestDatabase;
let files: FilesService;
let kit: ReturnType<typeof makeRegistry>;
let tenantId: string;
let strangerId: string;

beforeAll(async () => {
  const entities = [...REGISTRY_ENTITIES, TenantEntity, ApiKeyEntity, QuotasEntity, AuditEntity];
  database = await TestDatabase.create(inject('servers'), entities);
  kit = makeRegistry({ database, store });
  files = new FilesService(database.tenantDb, store, kit.sweeper, kit.quotas, kit.audit);
  tenantId = await kit.makeTenant();
  strangerId = await kit.makeTenant();
});
afterAll(() => database.close());

const create = (text: string, options: { purpose?: 'fine-tune' | 'evals'; filename?: string; by?: string } = {}) => {
  const { purpose = 'fine-tune', filename = 'data.jsonl', by = tenantId } = options;
  return files.create({ tenantId: by, filename, purpose, body: Readable.from([Buffer.from(text)]) }, actor);
};
const objects = async (prefix = 'tenants/'): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
};

describe('files', () => {
  it('come back as they were sent, to their tenant alone', async () => {
    const file = await create('{"text":"a"}\n');
    const id = toPublicId('file', file.id);
    expect(await files.require(tenantId, id)).toMatchObject({
      filename: 'data.jsonl',
      bytes: 13,
      purpose: 'fine-tune',
    });
    expect((await buffer(await files.open(file))).toString()).toBe('{"text":"a"}\n');
    for (const ask of [files.require(strangerId, id), files.delete(strangerId, id, actor)]) {
      await expect(ask).rejects.toMatchObject({ status: 404, code: 'file_not_found' });
    }
    expect((await files.list(strangerId, { limit: 10 })).items).toEqual([]);
    for (const wrong of ['file-1', 'nothing', '', `ftjob-${'0'.repeat(32)}`]) {
      await expect(files.require(tenantId, wrong)).rejects.toMatchObject({ status: 404 });
    }
  });

  it('are listed page by page, newest or oldest first, of one purpose or all', async () => {
    const by = await kit.makeTenant();
    const made: string[] = [];
    for (let at = 0; at < 5; at++) {
      made.push((await create(String(at), { by, purpose: at === 2 ? 'evals' : 'fine-tune' })).id);
    }
    const walk = async (request: { order?: 'asc' | 'desc'; purpose?: string }): Promise<string[]> => {
      const ids: string[] = [];
      for (let after: string | undefined, page = 0; page < 9; page++) {
        const { items, nextCursor } = await files.list(by, { ...request, limit: 2, after });
        ids.push(...items.map(({ id }) => id));
        if (nextCursor === undefined) break;
        after = nextCursor;
      }
      return ids;
    };
    const asc = await walk({ order: 'asc' });
    expect([...asc].sort()).toEqual([...made].sort());
    expect(await walk({})).toEqual([...asc].reverse());
    expect(await walk({ purpose: 'evals' })).toEqual([made[2]]);
    const foreign = toPublicId('file', made[0]!);
    await expect(files.list(tenantId, { limit: 2, after: foreign })).rejects.toMatchObject({ param: 'after' });
  });

  it('leave nothing when they are deleted, nor what was prepared from them', async () => {
    const file = await create('x');
    const id = randomUUID();
    await database.tenantDb.run(tenantId, (manager) =>
      manager.insert(DatasetEntity, {
        ...{ id, tenantId, fileId: file.id, validationFileId: null, recipe: '0'.repeat(64), createdAt: new Date() },
        ...{ digest: `sha256:${'0'.repeat(64)}`, parts: {} as never, card: {} as never },
      }),
    );
    await store.put(`${datasetPlace(tenantId, id).prefix}train.jsonl`, Buffer.from('x'));
    await files.delete(tenantId, toPublicId('file', file.id), actor);
    expect((await objects()).filter((key) => key.includes(file.id) || key.includes(id))).toEqual([]);
    const rows = await database.tenantDb.run(tenantId, (manager) => manager.countBy(DatasetEntity, { id }));
    expect(rows).toBe(0);
  });

  it('leave nothing when their upload breaks, or the quota has no room for them', async () => {
    const by = await kit.makeTenant();
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        await Promise.resolve();
        throw new Error('cut off');
      })(),
    );
    await expect(
      files.create({ tenantId: by, filename: 'a', purpose: 'evals', body: broken }, actor),
    ).rejects.toThrow();
    await kit.quotas.set(by, { fileBytes: 5 }, actor);
    await create('1234', { by });
    await expect(create('12', { by })).rejects.toMatchObject({ status: 429, code: 'file_bytes_exceeded' });
    expect(await objects(`tenants/${by}/`)).toHaveLength(1);
    expect((await files.list(by, { limit: 10 })).items).toHaveLength(1);
  });

  it.each(['', 'a\0b', 'x'.repeat(256)])('refuse the name %j', async (filename) => {
    await expect(create('x', { filename })).rejects.toMatchObject({ status: 400, param: 'file' });
  });

  it('keep their tenant from being deleted, and cannot be changed or seen across tenants', async () => {
    const by = await kit.makeTenant();
    const { id } = await create('x', { by });
    await expect(kit.tenants.delete(by, actor)).rejects.toMatchObject({ status: 409 });
    await database.tenantDb.run(tenantId, async (manager) => {
      expect(await manager.countBy(FileEntity, { id })).toBe(0);
      expect((await manager.delete(FileEntity, { id })).affected).toBe(0);
    });
    await expect(
      database.tenantDb.run(tenantId, (manager) =>
        manager.insert(FileEntity, {
          ...{ id: randomUUID(), tenantId: by, filename: 'x', purpose: 'evals' as const },
          ...{ bytes: 1, sha256: '0'.repeat(64), createdAt: new Date() },
        }),
      ),
    ).rejects.toThrow(/row-level security/);
  });
});
