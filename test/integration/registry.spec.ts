import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Digest } from '../../src/common/digest.js';
import { StorageError } from '../../src/common/errors.js';
import { AdapterAliasEntity } from '../../src/registry/adapter-alias.entity.js';
import { AdapterVersionEntity } from '../../src/registry/adapter-version.entity.js';
import { AdapterEntity } from '../../src/registry/adapter.entity.js';
import { ObjectCleanupEntity } from '../../src/registry/object-cleanup.entity.js';
import type { ObjectStore } from '../../src/storage/object-store.js';
import { FakeCompiler, makeRegistry, writeAdapter } from '../support/registry-kit.js';
import { useRegistry } from '../support/use-registry.js';

const spec = useRegistry();
const { actor, importOne, keys } = spec;
let { database, store, kit, tenantId } = spec;
beforeEach(() => void ({ database, store, kit, tenantId } = spec));

const NOWHERE: Digest = `sha256:${'0'.repeat(64)}`;
const rows = (tenant = tenantId) =>
  database.tenantDb.run(tenant, async (manager) => ({
    adapters: await manager.count(AdapterEntity),
    versions: await manager.count(AdapterVersionEntity),
    aliases: await manager.count(AdapterAliasEntity),
    cleanups: await manager.count(ObjectCleanupEntity),
  }));
const actions = async () => (await kit.audit.list({ tenantId })).items.map(({ action }) => action).reverse();

describe('an import', () => {
  it('makes a version that is found by its name, alias and digest, with its files and its brick', async () => {
    const { version, isNew } = await importOne('intents', 'weights');
    expect(isNew).toBe(true);
    expect(version).toMatchObject({
      name: 'intents',
      summary: { method: 'lora' },
      bytes: 'weights'.length + '{"method":"lora"}'.length,
    });
    for (const model of ['intents', 'intents@production', `intents@${version.digest}`]) {
      expect(await kit.registry.resolve(tenantId, model), model).toMatchObject({
        kind: 'adapter',
        version: { digest: version.digest },
      });
    }
    const files = await kit.registry.files(tenantId, 'intents', version.digest);
    expect(files.map(({ name }) => name)).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    const { file, body } = await kit.registry.openFile(tenantId, version, 'adapter_model.safetensors');
    const content = await buffer(body);
    expect(content.toString()).toBe('weights');
    expect(createHash('sha256').update(content).digest('hex')).toBe(file.sha256);
    const packed = await kit.registry.packed(tenantId, version);
    expect(Buffer.from(await store.read(packed.objectKey)).toString()).toBe('v1 weights');
    expect(packed).toMatchObject({ bytes: 10, sha256: createHash('sha256').update('v1 weights').digest('hex') });
    expect(
      (await keys()).every((key) => key.startsWith(`tenants/${tenantId}/adapters/${version.digest.slice(7)}/`)),
    ).toBe(true);
    expect(await rows()).toEqual({ adapters: 1, versions: 1, aliases: 1, cleanups: 0 });
    expect(await actions()).toEqual(['tenant.create', 'version.import', 'alias.move']);
  });

  it('of the same content again changes nothing', async () => {
    const first = await importOne('intents', 'weights');
    const before = await keys();
    const again = await importOne('intents', 'weights');
    expect(again.isNew).toBe(false);
    expect(again.version).toEqual(first.version);
    expect(await keys()).toEqual(before);
    expect(await rows()).toEqual({ adapters: 1, versions: 1, aliases: 1, cleanups: 0 });
    expect(await actions()).toEqual(['tenant.create', 'version.import', 'alias.move']);
  });

  it('of a new content moves the alias and keeps the old version; alias null moves none', async () => {
    const one = await importOne('intents', 'one');
    const two = await importOne('intents', 'two');
    const three = await importOne('intents', 'three', { alias: null });
    const four = await importOne('intents', 'four', { alias: 'challenger' });
    const digestOf = async (model: string) => {
      const ref = await kit.registry.resolve(tenantId, model);
      return ref.kind === 'adapter' ? ref.version.digest : 'base';
    };
    expect(await digestOf('intents')).toBe(two.version.digest);
    expect(await digestOf('intents@challenger')).toBe(four.version.digest);
    expect(await digestOf(`intents@${one.version.digest}`)).toBe(one.version.digest);
    expect(await digestOf(`intents@${three.version.digest}`)).toBe(three.version.digest);
  });

  it('of one content by eight at once makes one version and leaves nothing else', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => importOne('race', 'same')));
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(results.map(({ version }) => version.importId)).size).toBe(1);
    expect(await rows()).toEqual({ adapters: 1, versions: 1, aliases: 1, cleanups: 0 });
    expect(await keys()).toHaveLength(3);
  });

  it('that the compiler refuses leaves nothing', async () => {
    const directory = await writeAdapter('x', { method: 'bad' });
    await expect(kit.imports.import({ tenantId, name: 'bad', directory }, actor)).rejects.toMatchObject({
      status: 422,
    });
    expect(await keys()).toEqual([]);
    expect(await rows()).toEqual({ adapters: 0, versions: 0, aliases: 0, cleanups: 0 });
  });

  it.each(['', 'base', 'A', 'a/b', '../a', 'a@b', 'a'.repeat(64), '-a'])(
    'refuses the name %j before it reads a file',
    async (name) => {
      await expect(kit.imports.import({ tenantId, name, directory: 'nowhere' }, actor)).rejects.toMatchObject({
        status: 400,
        param: 'name',
      });
    },
  );

  it('refuses an alias that is none', async () => {
    await expect(importOne('a', 'x', { alias: 'sha256:ab' })).rejects.toMatchObject({ status: 400, param: 'alias' });
  });

  it('keeps the quotas on adapters and bytes, also between imports at once, and leaves nothing of a refused one', async () => {
    await kit.quotas.set(tenantId, { adapterCount: 2, adapterBytes: 100 }, actor);
    const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => importOne(name, name)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) expect(reason).toMatchObject({ status: 429, code: 'adapter_count_exceeded' });
    const [{ name } = { name: '' }] = (await kit.registry.list(tenantId, {})).items;
    await expect(importOne(name, 'x'.repeat(60))).rejects.toMatchObject({
      status: 429,
      code: 'adapter_bytes_exceeded',
    });
    expect(await keys()).toHaveLength(6);
    expect(await rows()).toEqual({ adapters: 2, versions: 2, aliases: 2, cleanups: 0 });
  });
});

describe('an import that is stopped', () => {
  /** A store that fails, as a killed process would stop, at its n-th call; nothing works after that. */
  function dyingStore(callsBeforeDeath: number): ObjectStore {
    let left = callsBeforeDeath;
    return new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function' || name === 'calls') return member;
        return (...args: unknown[]) => {
          if (left-- <= 0) throw new StorageError('killed');
          return Reflect.apply(member, target, args) as unknown;
        };
      },
    });
  }

  it.each([0, 1, 2])(
    'after %i stored objects leaves none of them once the next start has swept',
    async (callsBeforeDeath) => {
      const dying = makeRegistry({ database, store: dyingStore(callsBeforeDeath) });
      const directory = await writeAdapter('weights');
      await expect(dying.imports.import({ tenantId, name: 'intents', directory }, actor)).rejects.toThrow('killed');
      expect(await keys()).toHaveLength(callsBeforeDeath);
      expect(await rows()).toEqual({ adapters: 0, versions: 0, aliases: 0, cleanups: 1 });
      await expect(kit.registry.resolve(tenantId, 'intents')).rejects.toMatchObject({ code: 'model_not_found' });
      expect(await kit.sweeper.sweep({ isAlone: true })).toBeGreaterThanOrEqual(1);
      expect(await keys()).toEqual([]);
      expect(await rows()).toEqual({ adapters: 0, versions: 0, aliases: 0, cleanups: 0 });
      expect(await importOne('intents', 'weights')).toMatchObject({ isNew: true });
    },
  );

  it('after all objects, before its transaction, leaves none either', async () => {
    // Refused inside the transaction, and then unable to clean up: everything is stored.
    const broken = makeRegistry({ database, store: dyingStore(3) });
    await kit.quotas.set(tenantId, { adapterCount: 0 }, actor);
    const directory = await writeAdapter('weights');
    await expect(broken.imports.import({ tenantId, name: 'intents', directory }, actor)).rejects.toMatchObject({
      status: 429,
    });
    expect(await keys()).toHaveLength(3);
    await kit.sweeper.sweep({ isAlone: true });
    expect(await keys()).toEqual([]);
  });

  it('is left alone by another process that starts meanwhile', async () => {
    const dying = makeRegistry({ database, store: dyingStore(1) });
    await expect(
      dying.imports.import({ tenantId, name: 'a', directory: await writeAdapter('x') }, actor),
    ).rejects.toThrow('killed');
    await kit.sweeper.sweep({ isAlone: false });
    expect(await keys()).toHaveLength(1);
    await database.tenantDb.runAsAdmin((manager) =>
      manager.update(ObjectCleanupEntity, { tenantId }, { dueAt: new Date(0) }),
    );
    await kit.sweeper.sweep({ isAlone: false });
    expect(await keys()).toEqual([]);
  });

  it('and swept while it still stores makes no version without files', async () => {
    let sweepNow = false;
    const slow = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (name !== 'put') return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
        return async (...args: Parameters<ObjectStore['put']>) => {
          const info = await target.put(...args);
          if (args[0].includes('/packed/') && sweepNow) await kit.sweeper.sweep({ isAlone: true });
          return info;
        };
      },
    });
    sweepNow = true;
    const other = makeRegistry({ database, store: slow });
    const directory = await writeAdapter('x');
    await expect(other.imports.import({ tenantId, name: 'a', directory }, actor)).rejects.toMatchObject({
      code: 'import_interrupted',
      retryable: true,
    });
    expect(await rows()).toEqual({ adapters: 0, versions: 0, aliases: 0, cleanups: 0 });
    expect(await keys()).toEqual([]);
  });
});

describe('a model name', () => {
  it('base is the base', async () => {
    expect(await kit.registry.resolve(tenantId, 'base')).toEqual({ kind: 'base' });
  });

  it.each([
    '',
    'nobody',
    'intents@nowhere',
    `intents@${NOWHERE}`,
    'intents@sha256:ab',
    'INTENTS',
    'intents@a@b',
    'a'.repeat(10_000),
  ])('%j is not found', async (model) => {
    await importOne('intents', 'weights');
    await expect(kit.registry.resolve(tenantId, model)).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
  });

  it('follows an alias that is moved in this process at once, and in another within a second', async () => {
    const one = await importOne('intents', 'one');
    const two = await importOne('intents', 'two', { alias: null });
    const other = makeRegistry({ database, store, isAlone: false });
    const seen = async (of: typeof kit) => {
      const ref = await of.registry.resolve(tenantId, 'intents');
      return ref.kind === 'adapter' ? ref.version.digest : undefined;
    };
    expect([await seen(kit), await seen(other)]).toEqual([one.version.digest, one.version.digest]);
    await kit.registry.moveAlias(tenantId, { name: 'intents', alias: 'production', digest: two.version.digest }, actor);
    expect(await seen(kit)).toBe(two.version.digest);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await seen(other)).toBe(two.version.digest);
  });
});

describe('an alias', () => {
  it('moves from what is expected only, back and forth, each move with its audit row', async () => {
    const one = (await importOne('intents', 'one')).version.digest;
    const two = (await importOne('intents', 'two', { alias: null })).version.digest;
    const move = (digest: Digest, expected?: Digest | null) =>
      kit.registry.moveAlias(tenantId, { name: 'intents', alias: 'production', digest, expected }, actor);
    await expect(move(two, two)).rejects.toMatchObject({ status: 409, code: 'alias_moved' });
    await expect(move(two, null)).rejects.toMatchObject({ code: 'alias_moved' });
    expect((await move(two, one)).aliases).toMatchObject([{ name: 'production', digest: two }]);
    await move(one);
    await move(one);
    const moves = (await kit.audit.list({ tenantId })).items.filter(({ action }) => action === 'alias.move').reverse();
    expect(moves.map(({ details }) => details)).toEqual([
      { from: null, to: one },
      { from: one, to: two },
      { from: two, to: one },
    ]);
    expect(moves[1]).toMatchObject({ ...actor, target: 'intents@production' });
  });

  it('of two that expect the same is moved once', async () => {
    const one = (await importOne('intents', 'one')).version.digest;
    const targets = [
      await importOne('intents', 'two', { alias: null }),
      await importOne('intents', 'three', { alias: null }),
    ];
    const moves = await Promise.allSettled(
      targets.map(({ version: { digest } }) =>
        kit.registry.moveAlias(tenantId, { name: 'intents', alias: 'production', digest, expected: one }, actor),
      ),
    );
    expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('points only at versions of its own adapter, and can be deleted', async () => {
    const { digest } = (await importOne('intents', 'one')).version;
    await importOne('other', 'two');
    const target = { alias: 'production', digest };
    await expect(kit.registry.moveAlias(tenantId, { ...target, name: 'other' }, actor)).rejects.toMatchObject({
      code: 'version_not_found',
    });
    await expect(kit.registry.moveAlias(tenantId, { ...target, name: 'nobody' }, actor)).rejects.toMatchObject({
      code: 'adapter_not_found',
    });
    await expect(
      kit.registry.moveAlias(tenantId, { ...target, name: 'intents', alias: 'A' }, actor),
    ).rejects.toMatchObject({ param: 'alias' });
    await kit.registry.deleteAlias(tenantId, { name: 'intents', alias: 'production' }, actor);
    await expect(kit.registry.resolve(tenantId, 'intents')).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(
      kit.registry.deleteAlias(tenantId, { name: 'intents', alias: 'production' }, actor),
    ).rejects.toMatchObject({ code: 'alias_not_found' });
  });
});

describe('deletion', () => {
  it('of a version is refused while an alias or a lease holds it, then takes its objects too', async () => {
    let isLeased = true;
    kit = spec.kit = makeRegistry({
      database,
      store,
      isLeased: (tenant, digest) => isLeased && tenant === tenantId && digest.length > 0,
    });
    const { digest } = (await importOne('intents', 'one')).version;
    const remove = () => kit.removal.deleteVersion(tenantId, 'intents', digest, actor);
    await expect(remove()).rejects.toMatchObject({
      status: 409,
      code: 'version_in_use',
      message: expect.stringContaining('alias production'),
    });
    await kit.registry.deleteAlias(tenantId, { name: 'intents', alias: 'production' }, actor);
    await expect(remove()).rejects.toMatchObject({
      code: 'version_in_use',
      message: expect.stringContaining('request'),
    });
    expect(await keys()).toHaveLength(3);
    isLeased = false;
    await remove();
    expect(await keys()).toEqual([]);
    expect(await rows()).toEqual({ adapters: 1, versions: 0, aliases: 0, cleanups: 0 });
    await expect(kit.registry.resolve(tenantId, `intents@${digest}`)).rejects.toMatchObject({
      code: 'model_not_found',
    });
    await expect(remove()).rejects.toMatchObject({ code: 'version_not_found' });
  });

  it('of an adapter takes its aliases, versions and objects, and not those of another with the same content', async () => {
    await importOne('one', 'same');
    await importOne('one', 'other');
    const kept = await importOne('two', 'same');
    await kit.removal.deleteAdapter(tenantId, 'one', actor);
    expect(await rows()).toEqual({ adapters: 1, versions: 1, aliases: 1, cleanups: 0 });
    expect(await keys()).toHaveLength(3);
    const { body } = await kit.registry.openFile(tenantId, kept.version, 'adapter_model.safetensors');
    expect((await buffer(body)).toString()).toBe('same');
    await expect(kit.removal.deleteAdapter(tenantId, 'one', actor)).rejects.toMatchObject({
      code: 'adapter_not_found',
    });
  });

  it('of an adapter is refused while one version is leased, and then nothing is gone', async () => {
    const { digest } = (await importOne('intents', 'one', { alias: null })).version;
    await importOne('intents', 'two');
    kit = spec.kit = makeRegistry({ database, store, isLeased: (_tenant, leased) => leased === digest });
    await expect(kit.removal.deleteAdapter(tenantId, 'intents', actor)).rejects.toMatchObject({
      code: 'version_in_use',
    });
    expect(await rows()).toEqual({ adapters: 1, versions: 2, aliases: 1, cleanups: 0 });
    expect(await keys()).toHaveLength(6);
  });

  it('whose objects cannot be removed now leaves them to the next sweep', async () => {
    const { digest } = (await importOne('intents', 'one', { alias: null })).version;
    const stuck = vi.spyOn(store, 'delete').mockRejectedValue(new StorageError('away'));
    await kit.removal.deleteVersion(tenantId, 'intents', digest, actor);
    stuck.mockRestore();
    expect(await keys()).toHaveLength(3);
    expect((await rows()).cleanups).toBe(1);
    await kit.sweeper.sweep({ isAlone: false });
    expect(await keys()).toEqual([]);
    expect((await rows()).cleanups).toBe(0);
  });

  it('of a tenant is refused while it has adapters', async () => {
    await importOne('intents', 'one');
    await expect(kit.tenants.delete(tenantId, actor)).rejects.toMatchObject({ status: 409 });
    await kit.removal.deleteAdapter(tenantId, 'intents', actor);
    await kit.tenants.delete(tenantId, actor);
  });
});

describe('lists', () => {
  it('of adapters come in pages in order of name, with their aliases', async () => {
    for (const name of ['c', 'a', 'b.2', 'b-1']) await importOne(name, name);
    const names: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await kit.registry.list(tenantId, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      for (const { name, aliases } of page.items) {
        names.push(name);
        expect(aliases.map((alias) => alias.name)).toEqual(['production']);
      }
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(names).toEqual(['a', 'b-1', 'b.2', 'c']);
  });

  it('of versions come newest first, in pages', async () => {
    const made: Digest[] = [];
    for (const weights of ['one', 'two', 'three']) made.unshift((await importOne('intents', weights)).version.digest);
    const first = await kit.registry.versions(tenantId, 'intents', { limit: 2 });
    const second = await kit.registry.versions(tenantId, 'intents', { limit: 2, cursor: first.nextCursor! });
    expect([...first.items, ...second.items].map(({ digest }) => digest)).toEqual(made);
    expect(second.nextCursor).toBeUndefined();
    const now = new Date().toISOString();
    for (const key of ['made up', '1 x', `${now} x`, `${now} ${made[0]} x`, `0000-01-01T00:00:00.000Z ${made[0]}`]) {
      const cursor = Buffer.from(key).toString('base64url');
      const versions = kit.registry.versions(tenantId, 'intents', { cursor });
      await expect(versions, key).rejects.toMatchObject({ status: 400, param: 'after' });
    }
  });
});

describe('a packed brick', () => {
  it('has prototypes that are derived once, and removed with its version', async () => {
    const compiler = new FakeCompiler();
    const own = makeRegistry({ database, store, compiler });
    const { version } = await own.imports.import(
      { tenantId, name: 'a', directory: await writeAdapter('weights') },
      actor,
    );
    const [gates] = await Promise.all([
      own.registry.arrowGates(tenantId, version),
      own.registry.arrowGates(tenantId, version),
    ]);
    expect(gates.objectKey).toMatch(/packed\/(ba){32}-v1\.arrow-v1\.safetensors$/);
    expect(Buffer.from(await store.read(gates.objectKey)).toString()).toBe('arrow v1 weights');
    const later = makeRegistry({ database, store, compiler });
    expect(await later.registry.arrowGates(tenantId, version)).toEqual(gates);
    expect(compiler.derived).toBe(1);
    await own.removal.deleteAdapter(tenantId, 'a', actor);
    expect(await store.find(gates.objectKey)).toBeUndefined();
  });

  it('is made again from the files for another base, once', async () => {
    const { version } = await importOne('intents', 'weights');
    const compiler = new FakeCompiler('cd'.repeat(32), 2);
    const other = makeRegistry({ database, store, compiler });
    const [packed] = await Promise.all([
      other.registry.packed(tenantId, version),
      other.registry.packed(tenantId, version),
    ]);
    expect(packed.objectKey).toMatch(/packed\/(cd){32}-v2\.safetensors$/);
    expect(Buffer.from(await store.read(packed.objectKey)).toString()).toBe('v2 weights');
    await makeRegistry({ database, store, compiler }).registry.packed(tenantId, version);
    expect(compiler.compiled).toBe(1);
    expect(await keys()).toHaveLength(4);
  });
});

describe('two tenants', () => {
  it("with adapters of one name and one content have each its own, and never see the other's", async () => {
    const foreign = await kit.makeTenant();
    const own = (await importOne('intents', 'same')).version;
    const theirs = (await importOne('intents', 'same', { tenant: foreign })).version;
    const secret = (await importOne('secret', 'theirs', { tenant: foreign })).version;
    expect(theirs.digest).toBe(own.digest);
    expect(theirs.importId).not.toBe(own.importId);
    const { registry, removal } = kit;
    const notFound = { status: 404 };
    await expect(registry.resolve(tenantId, 'secret')).rejects.toMatchObject(notFound);
    await expect(registry.resolve(tenantId, `secret@${secret.digest}`)).rejects.toMatchObject(notFound);
    await expect(registry.resolve(tenantId, `intents@${secret.digest}`)).rejects.toMatchObject(notFound);
    await expect(registry.require(tenantId, 'secret')).rejects.toMatchObject(notFound);
    await expect(registry.versions(tenantId, 'secret', {})).rejects.toMatchObject(notFound);
    await expect(registry.files(tenantId, 'secret', secret.digest)).rejects.toMatchObject(notFound);
    await expect(registry.openFile(tenantId, secret, 'adapter_config.json')).rejects.toMatchObject(notFound);
    await expect(
      registry.moveAlias(tenantId, { name: 'secret', alias: 'x', digest: secret.digest }, actor),
    ).rejects.toMatchObject(notFound);
    await expect(registry.deleteAlias(tenantId, { name: 'secret', alias: 'production' }, actor)).rejects.toMatchObject(
      notFound,
    );
    await expect(removal.deleteVersion(tenantId, 'secret', secret.digest, actor)).rejects.toMatchObject(notFound);
    await expect(removal.deleteAdapter(tenantId, 'secret', actor)).rejects.toMatchObject(notFound);
    expect((await registry.list(tenantId, {})).items.map(({ name }) => name)).toEqual(['intents']);
    await removal.deleteAdapter(tenantId, 'intents', actor);
    expect(await registry.resolve(foreign, 'intents')).toMatchObject({ version: { importId: theirs.importId } });
    expect(Buffer.from(await store.read((await registry.packed(foreign, theirs)).objectKey)).toString()).toBe(
      'v1 same',
    );
  });

  it("cannot be mixed by a query that forgets the tenant, nor write into each other's adapters", async () => {
    const foreign = await kit.makeTenant();
    const { adapterId, digest } = (await importOne('theirs', 'x', { tenant: foreign })).version;
    await importOne('own', 'y');
    await database.tenantDb.run(tenantId, async (manager) => {
      for (const entity of [AdapterEntity, AdapterVersionEntity, AdapterAliasEntity, ObjectCleanupEntity]) {
        const found = await manager.find<{ tenantId: string }>(entity);
        expect(
          found.every((row) => row.tenantId === tenantId),
          entity.name,
        ).toBe(true);
      }
      expect((await manager.delete(AdapterAliasEntity, { adapterId })).affected).toBe(0);
      expect((await manager.delete(AdapterVersionEntity, { adapterId })).affected).toBe(0);
      expect((await manager.update(AdapterAliasEntity, { adapterId }, { name: 'stolen' })).affected).toBe(0);
    });
    const alias = { adapterId, name: 'stolen', tenantId: foreign, digest, movedAt: new Date() };
    await expect(
      database.tenantDb.run(tenantId, (manager) => manager.insert(AdapterAliasEntity, alias)),
    ).rejects.toThrow(/row-level security/);
    // Under its own tenant id a row cannot point at the other's adapter: the foreign keys hold both together.
    await expect(
      database.tenantDb.run(tenantId, (manager) => manager.insert(AdapterAliasEntity, { ...alias, tenantId })),
    ).rejects.toThrow(/foreign key/);
  });

  it('cannot change a version, not even their own', async () => {
    const { adapterId } = (await importOne('own', 'y')).version;
    const change = database.tenantDb.run(tenantId, (manager) =>
      manager.update(AdapterVersionEntity, { adapterId }, { bytes: 0 }),
    );
    await expect(change).rejects.toThrow(/permission denied/);
  });
});
