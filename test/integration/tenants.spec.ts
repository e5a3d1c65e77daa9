import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { TenantDb } from '../../src/database/tenant-db.js';
import { ensureAdminKey } from '../../src/tenants/key-file.js';
import { ApiKeyEntity } from '../../src/tenants/api-key.entity.js';
import { AuditEntity } from '../../src/tenants/audit.entity.js';
import { AuditService } from '../../src/tenants/audit.service.js';
import { Authenticator } from '../../src/tenants/authenticator.js';
import { KeysService } from '../../src/tenants/keys.service.js';
import { QuotasEntity } from '../../src/tenants/quotas.entity.js';
import { QuotasService, UNLIMITED } from '../../src/tenants/quotas.service.js';
import { TenantEntity } from '../../src/tenants/tenant.entity.js';
import { TENANT_ENTITIES } from '../../src/tenants/tenants.module.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import { TestDatabase } from '../support/servers.js';

let database: TestDatabase;
let db: TenantDb;
let nowMs = Date.now();
let audit: AuditService;
let keys: KeysService;
let quotas: QuotasService;
let tenants: TenantsService;

/** A second set of services on the same database: another process. */
function makeServices() {
  const clock = () => nowMs;
  const auditService = new AuditService(db);
  const keysService = new KeysService(db, auditService, new Authenticator(db, clock));
  const quotasService = new QuotasService(db, auditService, clock);
  return {
    audit: auditService,
    keys: keysService,
    quotas: quotasService,
    tenants: new TenantsService(db, auditService, keysService),
  };
}

beforeAll(async () => {
  database = await TestDatabase.create(inject('servers'), TENANT_ENTITIES);
  db = database.tenantDb;
});
afterAll(() => database.close());
beforeEach(() => {
  nowMs = Date.now();
  ({ audit, keys, quotas, tenants } = makeServices());
});

const actor = { keyId: randomUUID(), requestId: 'req-1' };
const makeTenant = () => tenants.create({ name: `t-${randomUUID().slice(0, 13)}` }, actor);

describe('tenants', () => {
  it('are made, found, listed in pages in order of name, and deleted', async () => {
    const made = [await makeTenant(), await makeTenant(), await makeTenant()].map(({ name }) => name).sort();
    const [first] = made;
    const found = await tenants.findByName(first!);
    expect(await tenants.require(found!.id)).toEqual(found);
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await tenants.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual([...seen].sort());
    expect(seen).toEqual(expect.arrayContaining(made));
    await tenants.delete(found!.id, actor);
    expect(await tenants.findByName(first!)).toBeUndefined();
    await expect(tenants.require(found!.id)).rejects.toMatchObject({ status: 404 });
    await expect(tenants.delete('not-a-uuid', actor)).rejects.toMatchObject({ status: 404 });
  });

  it.each(['', '-a', 'A', 'a_b', 'a'.repeat(64), 'ä', "a'; drop table tenants"])('refuse the name %j', async (name) => {
    await expect(tenants.create({ name }, actor)).rejects.toMatchObject({ status: 400, param: 'name' });
  });

  it('refuse a name that is taken', async () => {
    const { name } = await makeTenant();
    await expect(tenants.create({ name }, actor)).rejects.toMatchObject({ status: 409, param: 'name' });
  });

  it('refuse a page that is none', async () => {
    for (const request of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { cursor: 'no base64!' }, { cursor: '' }]) {
      await expect(tenants.list(request), JSON.stringify(request)).rejects.toMatchObject({ status: 400 });
    }
  });
});

describe('keys', () => {
  it('are random, stored only as a hash, and tell their tenant and role', async () => {
    const { id: tenantId } = await makeTenant();
    const { key, secret } = await keys.create({ tenantId, role: 'tenant:user', label: 'app' }, actor);
    expect(secret).toMatch(/^tsk_[A-Za-z0-9_-]{43}$/);
    expect(await keys.authenticate(secret)).toEqual({ keyId: key.id, role: 'tenant:user', tenantId });
    const sql = 'select api_keys::text as row from api_keys union all select audit::text from audit';
    const everything = await db.runAsAdmin((manager) => manager.query<{ row: string }[]>(sql));
    expect(JSON.stringify(everything)).not.toContain(secret.slice(6, -3));
    expect(JSON.stringify(await keys.list(tenantId))).not.toContain(secret.slice(6, -3));
  });

  it.each([
    '',
    'tsk_',
    'tsk_short',
    `tsk_${'a'.repeat(43)}`,
    `tsk_${'a'.repeat(44)}`,
    `TSK_${'a'.repeat(43)}`,
    'tsk_' + 'a'.repeat(42) + '\n',
    "' or 1=1",
  ])('refuse the secret %j', async (secret) => {
    await expect(keys.authenticate(secret)).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('rotate without a gap: the new one works before the old is revoked, the old not after', async () => {
    const { id: tenantId } = await makeTenant();
    const old = await keys.create({ tenantId, role: 'tenant:admin', label: 'old' }, actor);
    const fresh = await keys.create({ tenantId, role: 'tenant:admin', label: 'new' }, actor);
    await Promise.all([keys.authenticate(old.secret), keys.authenticate(fresh.secret)]);
    await keys.revoke({ keyId: old.key.id, tenantId }, actor);
    await expect(keys.authenticate(old.secret)).rejects.toMatchObject({ status: 401 });
    await keys.authenticate(fresh.secret);
    const listed = await keys.list(tenantId);
    expect(listed.map(({ label, revokedAt }) => [label, revokedAt !== undefined])).toEqual([
      ['old', true],
      ['new', false],
    ]);
    expect(await keys.revoke({ keyId: old.key.id, tenantId }, actor)).toMatchObject({
      revokedAt: listed[0]!.revokedAt,
    });
  });

  it('are refused by another process two seconds after they were revoked', async () => {
    const { id: tenantId } = await makeTenant();
    const { key, secret } = await keys.create({ tenantId, role: 'tenant:user', label: 'app' }, actor);
    const other = makeServices();
    await other.keys.authenticate(secret);
    await keys.revoke({ keyId: key.id, tenantId }, actor);
    nowMs += 2_000;
    await expect(other.keys.authenticate(secret)).rejects.toMatchObject({ status: 401 });
  });

  it('expire at their time, also while they are remembered', async () => {
    const { id: tenantId } = await makeTenant();
    const expiresAt = new Date(Date.now() + 60_000);
    const { secret } = await keys.create({ tenantId, role: 'tenant:user', label: 'short', expiresAt }, actor);
    nowMs = expiresAt.getTime() - 1;
    await keys.authenticate(secret);
    nowMs += 1;
    await expect(keys.authenticate(secret)).rejects.toMatchObject({ status: 401 });
    await expect(makeServices().keys.authenticate(secret)).rejects.toMatchObject({ status: 401 });
  });

  it('are refused while their tenant is suspended and after it is deleted', async () => {
    const { id: tenantId } = await makeTenant();
    const { secret } = await keys.create({ tenantId, role: 'tenant:user', label: 'app' }, actor);
    await keys.authenticate(secret);
    await tenants.setSuspended(tenantId, true, actor);
    await expect(keys.authenticate(secret)).rejects.toMatchObject({ status: 403, code: 'tenant_suspended' });
    await tenants.setSuspended(tenantId, false, actor);
    await keys.authenticate(secret);
    await tenants.delete(tenantId, actor);
    await expect(keys.authenticate(secret)).rejects.toMatchObject({ status: 401 });
  });

  it('note their use at most once a minute', async () => {
    const { id: tenantId } = await makeTenant();
    const { secret } = await keys.create({ tenantId, role: 'tenant:user', label: 'app' }, actor);
    const used = async () => {
      await keys.authenticate(secret);
      return (await keys.list(tenantId))[0]!.lastUsedAt!.getTime();
    };
    const first = await used();
    nowMs += 30_000;
    expect(await used()).toBe(first);
    nowMs += 30_000;
    expect(await used()).toBe(first + 60_000);
  });

  it('belong to a tenant exactly when their role does', async () => {
    const { id: tenantId } = await makeTenant();
    await expect(keys.create({ tenantId, role: 'admin', label: 'x' }, actor)).rejects.toMatchObject({ param: 'role' });
    await expect(keys.create({ role: 'tenant:user', label: 'x' }, actor)).rejects.toMatchObject({ param: 'role' });
    await expect(keys.create({ tenantId, role: 'root' as never, label: 'x' }, actor)).rejects.toMatchObject({
      param: 'role',
    });
    await expect(keys.create({ tenantId, role: 'tenant:user', label: '' }, actor)).rejects.toMatchObject({
      param: 'label',
    });
    const expiresAt = new Date(0);
    await expect(keys.create({ tenantId, role: 'tenant:user', label: 'x', expiresAt }, actor)).rejects.toMatchObject({
      param: 'expires_at',
    });
    await expect(keys.create({ tenantId: randomUUID(), role: 'tenant:user', label: 'x' }, actor)).rejects.toMatchObject(
      { status: 404 },
    );
  });
});

describe('the admin key', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tessera-key-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is made once, mode 0600, works, and is kept by later starts', async () => {
    const path = join(directory, 'admin.key');
    expect(await ensureAdminKey(keys, path)).toEqual({ path, isNew: true });
    const secret = (await readFile(path, 'utf8')).trim();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await keys.authenticate(secret)).toMatchObject({ role: 'admin', tenantId: undefined });
    expect(await ensureAdminKey(makeServices().keys, path)).toEqual({ path, isNew: false });
    expect((await readFile(path, 'utf8')).trim()).toBe(secret);
  });

  it('is replaced when the file holds none that works, closing a file that was open to others', async () => {
    const path = join(directory, 'stale.key');
    await writeFile(path, `tsk_${'x'.repeat(43)}\n`);
    await chmod(path, 0o644);
    expect(await ensureAdminKey(keys, path)).toEqual({ path, isNew: true });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await keys.authenticate((await readFile(path, 'utf8')).trim());
  });

  it('cannot be revoked when it is the last one', async () => {
    const admins = (await keys.list(undefined)).filter(({ revokedAt }) => !revokedAt);
    const revoked = await Promise.allSettled(admins.map(({ id }) => keys.revoke({ keyId: id }, actor)));
    const refusals = revoked.filter((result) => result.status === 'rejected');
    expect(refusals).toHaveLength(1);
    expect(refusals[0]!.reason).toMatchObject({ status: 409, code: 'last_admin_key' });
  });
});

describe('quotas', () => {
  it('are without bound until set; a change keeps the others', async () => {
    const { id } = await makeTenant();
    expect(await quotas.get(id)).toEqual(UNLIMITED);
    await quotas.set(id, { requestsPerSecond: 2.5, adapterBytes: 2 ** 40 }, actor);
    await quotas.set(id, { requestsPerSecond: null, adapterCount: 0 }, actor);
    expect(await quotas.get(id)).toEqual({ ...UNLIMITED, adapterBytes: 2 ** 40, adapterCount: 0 });
    expect(await makeServices().quotas.get(id)).toEqual(await quotas.get(id));
  });

  it.each([
    { requestsPerSecond: 0 },
    { requestsPerSecond: Number.NaN },
    { tokensPerSecond: -1 },
    { concurrentRequests: 1.5 },
    { adapterBytes: -1 },
    { adapterCount: Infinity },
    { adapterCount: 2 ** 31 },
    { concurrentRequests: 2 ** 31 },
    { other: 1 } as never,
  ])('refuse %j', async (changes) => {
    const { id } = await makeTenant();
    await expect(quotas.set(id, changes, actor)).rejects.toMatchObject({ status: 400, param: Object.keys(changes)[0] });
    expect(await quotas.get(id)).toEqual(UNLIMITED);
  });

  it('belong to a tenant that exists', async () => {
    await expect(quotas.set(randomUUID(), { adapterCount: 1 }, actor)).rejects.toMatchObject({ status: 404 });
  });
});

describe('the audit', () => {
  it('tells who did what to what, newest first, and goes with the deed or not at all', async () => {
    const { id: tenantId, name } = await makeTenant();
    const { key } = await keys.create({ tenantId, role: 'tenant:user', label: 'app' }, actor);
    await keys.revoke({ keyId: key.id }, {});
    await expect(tenants.create({ name }, actor)).rejects.toThrow();
    const { items } = await audit.list({ tenantId });
    expect(items.map(({ action }) => action)).toEqual(['key.revoke', 'key.create', 'tenant.create']);
    expect(items[1]).toMatchObject({
      tenantId,
      ...actor,
      target: `app (${key.hint})`,
      details: { key: key.id, role: 'tenant:user' },
    });
    expect(items[0]).toMatchObject({ keyId: undefined, requestId: undefined });
    const page = await audit.list({ tenantId, limit: 2 });
    expect(
      (await audit.list({ tenantId, limit: 2, cursor: page.nextCursor! })).items.map(({ action }) => action),
    ).toEqual(['tenant.create']);
    expect((await audit.list({ limit: 1 })).items).toHaveLength(1);
  });

  it('cannot be changed, not even by the owner of the table', async () => {
    await makeTenant();
    for (const sql of ["update audit set action = 'x'", 'delete from audit', 'truncate audit']) {
      await expect(
        db.runAsAdmin((manager) => manager.query(sql)),
        sql,
      ).rejects.toThrow(/permission denied/);
      const asOwner = db.runAsAdmin(async (manager) => {
        await manager.query('set local role tessera_owner');
        await manager.query(sql);
      });
      await expect(asOwner, sql).rejects.toThrow(/never changed/);
    }
  });
});

describe('two tenants', () => {
  it('see nothing of each other in any table, whatever a query forgets', async () => {
    const [own, foreign] = [await makeTenant(), await makeTenant()];
    for (const { id } of [own, foreign]) {
      await keys.create({ tenantId: id, role: 'tenant:user', label: 'app' }, actor);
      await quotas.set(id, { adapterCount: 3 }, actor);
    }
    await db.run(own.id, async (manager) => {
      expect((await manager.find(TenantEntity)).map(({ id }) => id)).toEqual([own.id]);
      for (const entity of [ApiKeyEntity, QuotasEntity, AuditEntity]) {
        const rows = await manager.find<{ tenantId: string | null }>(entity);
        expect(new Set(rows.map(({ tenantId }) => tenantId)), entity.name).toEqual(new Set([own.id]));
      }
    });
  });

  it("cannot write what is the other's, nor make themselves admin", async () => {
    const [own, foreign] = [await makeTenant(), await makeTenant()];
    const theirs = await keys.create({ tenantId: foreign.id, role: 'tenant:user', label: 'app' }, actor);
    await expect(keys.revoke({ keyId: theirs.key.id, tenantId: own.id }, actor)).rejects.toMatchObject({ status: 404 });
    await keys.authenticate(theirs.secret);
    await db.run(own.id, async (manager) => {
      expect((await manager.update(ApiKeyEntity, { id: theirs.key.id }, { label: 'taken' })).affected).toBe(0);
      expect((await manager.delete(ApiKeyEntity, { id: theirs.key.id })).affected).toBe(0);
      expect((await manager.update(TenantEntity, { id: own.id }, { name: 'renamed' })).affected).toBe(0);
    });
    const refused = [
      "insert into audit (tenant_id, action, target) values ($1, 'x', 'x')",
      "insert into api_keys (id, tenant_id, role, label, hash, hint) values (gen_random_uuid(), $1, 'tenant:user', 'x', sha256('x'), 'x')",
      'insert into quotas (tenant_id) values ($1)',
    ];
    for (const sql of refused) {
      await expect(
        db.run(own.id, (manager) => manager.query(sql, [foreign.id])),
        sql,
      ).rejects.toThrow(/row-level security/);
    }
    const admin =
      "insert into api_keys (id, role, label, hash, hint) values (gen_random_uuid(), 'admin', 'x', sha256('y'), 'x')";
    await expect(db.run(own.id, (manager) => manager.query(admin))).rejects.toThrow(/row-level security/);
  });

  it("are told apart by the key's hash alone before the tenant is known", async () => {
    const { id: tenantId } = await makeTenant();
    await keys.create({ tenantId, role: 'tenant:user', label: 'app' }, actor);
    expect(await db.runWithKeyHash('00'.repeat(32), (manager) => manager.find(ApiKeyEntity))).toEqual([]);
    expect(await db.runWithKeyHash('', (manager) => manager.find(ApiKeyEntity))).toEqual([]);
    expect(await db.runWithKeyHash('', (manager) => manager.find(TenantEntity))).toEqual([]);
  });
});
