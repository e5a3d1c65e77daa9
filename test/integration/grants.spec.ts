import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { GrantEntity } from '../../src/registry/grants/grant.entity.js';
import { toPublicId } from '../../src/common/public-id.js';
import { useRegistry } from '../support/use-registry.js';

const spec = useRegistry();
const { actor } = spec;
let { database, kit } = spec;
let owner: { id: string; name: string };
let friend: string;
let stranger: string;
beforeEach(async () => {
  ({ database, kit } = spec);
  owner = await kit.tenants.require(spec.tenantId);
  friend = await kit.makeTenant();
  stranger = await kit.makeTenant();
});

const importOne = async (tenant: string, name: string, weights: string) =>
  (await spec.importOne(name, weights, { tenant })).version;
const find = async (tenantId: string, member: string) => {
  const [found] = await kit.members.require(tenantId, [{ member, at: 'composition' }]);
  return found;
};
const refused = { status: 404, code: 'member_not_found', param: 'composition' };

describe('a grant', () => {
  it('lets its tenant, and no other, name the adapter, by the owner’s name or id', async () => {
    const version = await importOne(owner.id, 'bank', 'one');
    await expect(find(friend, `${owner.name}/bank`)).rejects.toMatchObject(refused);
    await kit.grants.create(owner.id, { adapter: 'bank', granteeId: friend }, actor);
    const pinned = `${owner.name}/bank@${version.digest}`;
    for (const member of [`${owner.name}/bank`, `${owner.id}/bank`, `${owner.name}/bank@production`, pinned]) {
      expect(await find(friend, member)).toMatchObject({ pinned, tenantId: owner.id, version: { name: 'bank' } });
    }
    await expect(find(stranger, `${owner.name}/bank`)).rejects.toMatchObject(refused);
    await expect(find(friend, 'bank')).rejects.toMatchObject(refused);
    await expect(find(friend, `${owner.name}/other`)).rejects.toMatchObject(refused);
  });

  it('is of every version, or of one', async () => {
    const first = await importOne(owner.id, 'bank', 'one');
    const second = await importOne(owner.id, 'bank', 'two');
    await kit.grants.create(owner.id, { adapter: 'bank', digest: first.digest, granteeId: friend }, actor);
    expect(await find(friend, `${owner.name}/bank@${first.digest}`)).toBeDefined();
    await expect(find(friend, `${owner.name}/bank@${second.digest}`)).rejects.toMatchObject(refused);
    await expect(find(friend, `${owner.name}/bank`)).rejects.toMatchObject(refused); // production is the second
    await kit.grants.create(owner.id, { adapter: 'bank', granteeId: friend }, actor);
    expect((await find(friend, `${owner.name}/bank`))?.version.digest).toBe(second.digest);
  });

  it('counts no more from the moment it is revoked, and goes with its adapter', async () => {
    await importOne(owner.id, 'bank', 'one');
    const { id } = await kit.grants.create(owner.id, { adapter: 'bank', granteeId: friend }, actor);
    expect(await find(friend, `${owner.name}/bank`)).toBeDefined();
    await kit.grants.revoke(owner.id, toPublicId('grant', id), actor);
    await expect(find(friend, `${owner.name}/bank`)).rejects.toMatchObject(refused);
    await kit.grants.create(owner.id, { adapter: 'bank', granteeId: friend }, actor);
    await kit.removal.deleteAdapter(owner.id, 'bank', actor);
    await importOne(owner.id, 'bank', 'another of this name');
    await expect(find(friend, `${owner.name}/bank`)).rejects.toMatchObject(refused);
  });

  it('is made once, and told in the audit of its owner', async () => {
    await importOne(owner.id, 'bank', 'one');
    const grant = { adapter: 'bank', granteeId: friend };
    const [one, again] = [
      await kit.grants.create(owner.id, grant, actor),
      await kit.grants.create(owner.id, grant, actor),
    ];
    expect(again.id).toBe(one.id);
    await kit.grants.revokeAny(toPublicId('grant', one.id), actor);
    const { items } = await kit.audit.list({ tenantId: owner.id });
    expect(items.slice(0, 2)).toMatchObject([
      { action: 'grant.revoke', target: 'bank', details: { tenant: friend }, keyId: actor.keyId },
      { action: 'grant.create', target: 'bank', details: { tenant: friend }, keyId: actor.keyId },
    ]);
  });

  it('is refused for what is not the owner’s, to nobody, and to itself', async () => {
    await importOne(owner.id, 'bank', 'one');
    const create = (adapter: string, granteeId: string) => kit.grants.create(owner.id, { adapter, granteeId }, actor);
    await expect(create('none', friend)).rejects.toMatchObject({ code: 'adapter_not_found' });
    for (const nobody of [randomUUID(), 'acme']) {
      await expect(create('bank', nobody)).rejects.toMatchObject({ status: 404, param: 'tenant' });
    }
    await expect(create('bank', owner.id)).rejects.toMatchObject({ status: 400, param: 'tenant' });
    await expect(kit.grants.create(friend, { adapter: 'bank', granteeId: stranger }, actor)).rejects.toMatchObject({
      code: 'adapter_not_found',
    });
  });

  it('is seen by both, revoked by its owner alone, and hidden from others by the database itself', async () => {
    await importOne(owner.id, 'bank', 'one');
    const { id } = await kit.grants.create(owner.id, { adapter: 'bank', granteeId: friend }, actor);
    const count = (tenantId: string) => database.tenantDb.run(tenantId, (manager) => manager.count(GrantEntity));
    expect([await count(owner.id), await count(friend), await count(stranger)]).toEqual([1, 1, 0]);
    const publicId = toPublicId('grant', id);
    for (const other of [friend, stranger]) {
      await expect(kit.grants.revoke(other, publicId, actor)).rejects.toMatchObject({ code: 'grant_not_found' });
      await database.tenantDb.run(other, (manager) => manager.delete(GrantEntity, { id }));
      expect((await kit.grants.given(other, { limit: 10 })).items).toEqual([]);
    }
    await expect(
      database.tenantDb.run(friend, (manager) =>
        manager.query(
          'insert into grants select gen_random_uuid(), tenant_id, tenant_name, adapter_id, adapter_name, null, $1 from grants',
          [stranger],
        ),
      ),
    ).rejects.toThrow(/row-level security/);
    expect((await kit.grants.given(owner.id, { limit: 10 })).items).toMatchObject([{ id, granteeId: friend }]);
    expect((await kit.grants.all({ tenantId: friend, limit: 10 })).items).toMatchObject([{ id }]);
  });
});

describe('the brick library', () => {
  it('lists what is one’s own and what is granted, page by page, with cards and no files', async () => {
    const theirs = await importOne(owner.id, 'bank', 'one');
    await importOne(owner.id, 'hidden', 'x');
    await importOne(friend, 'mine', 'two');
    await kit.grants.create(owner.id, { adapter: 'bank', granteeId: friend }, actor);
    await kit.grants.create(owner.id, { adapter: 'bank', digest: theirs.digest, granteeId: friend }, actor);
    const pages = [await kit.library.list(friend, { limit: 2 })];
    const cursor = pages[0]?.nextCursor;
    pages.push(await kit.library.list(friend, { limit: 2, ...(cursor !== undefined && { cursor }) }));
    const bricks = pages.flatMap(({ items }) => items);
    const granted = `${owner.name}/bank`;
    expect(bricks.map(({ name }) => name).sort()).toEqual(['mine', granted, `${granted}@${theirs.digest}`].sort());
    expect(bricks.find(({ name }) => name === granted)).toMatchObject({
      owner: owner.name,
      version: { digest: theirs.digest, summary: { method: 'lora' } },
    });
    expect(pages[1]?.nextCursor).toBeUndefined();
    expect((await kit.library.list(stranger, {})).items).toEqual([]);
  });
});
