import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { recipeDigest, recipeFile } from '../../src/composition/canonical.js';
import { readRecipe } from '../../src/composition/json.js';
import { toPublicId } from '../../src/common/public-id.js';
import { COMPOSITION_FILE } from '../../src/composition/composition-file.js';
import { CompositionMemberEntity } from '../../src/registry/compositions/composition-member.entity.js';
import { VersionLineageEntity } from '../../src/registry/version-lineage.entity.js';
import { FakeCompiler, makeRegistry } from '../support/registry-kit.js';
import { useRegistry } from '../support/use-registry.js';

const spec = useRegistry();
const { actor } = spec;
let { database, store, kit, tenantId } = spec;
beforeEach(() => void ({ database, store, kit, tenantId } = spec));

const NOTHING = { task: null, labels: null, details: {} };
const importOne = async (name: string, weights: string, tenant = tenantId) =>
  (await spec.importOne(name, weights, { tenant })).version;
const pin = (recipe: unknown, tenant = tenantId) => kit.compositions.pin(tenant, readRecipe(recipe), 'composition');
const compose = async (name: string, recipe: unknown, tenant = tenantId) =>
  kit.compositions.create({ tenantId: tenant, name }, await pin(recipe, tenant), NOTHING, actor);
const memberRows = () => database.tenantDb.run(tenantId, (manager) => manager.count(CompositionMemberEntity));

describe('a composition', () => {
  it('is a version: its members pinned, its file the canonical JSON, found by name, alias and digest', async () => {
    const [a, b] = [await importOne('a', 'one'), await importOne('b', 'two')];
    const { version, isNew } = await compose('both', 'a + 0.5*b');
    const recipe = readRecipe(`a@${a.digest} + 0.5*b@${b.digest}`);
    expect(isNew).toBe(true);
    expect(version).toMatchObject({
      digest: recipeDigest(recipe),
      summary: { kind: 'composition', method: 'composition', details: { recipe, through: [] } },
    });
    for (const model of ['both', 'both@production', `both@${version.digest}`]) {
      expect(await kit.registry.resolve(tenantId, model), model).toMatchObject({ version: { digest: version.digest } });
    }
    const { file, body } = await kit.registry.openFile(tenantId, version, COMPOSITION_FILE);
    expect(await text(body)).toBe(recipeFile(recipe));
    expect(version.bytes).toBe(file.bytes);
    expect((await compose('both', 'a + 0.5*b')).isNew).toBe(false);
    expect(await memberRows()).toBe(2);
    expect((await kit.compositions.list(tenantId, {})).items.map(({ name }) => name)).toEqual(['both']);
  });

  it('keeps its members when their names move on, and is promoted and rolled back by its aliases', async () => {
    const first = await importOne('a', 'one');
    const { version: old } = await compose('squad', { sum: [{ of: 'a', weight: 2 }] });
    await importOne('a', 'two');
    const { version: next } = await compose('squad', { sum: [{ of: 'a', weight: 2 }] });
    expect(next.digest).not.toBe(old.digest);
    expect(JSON.stringify(old.summary.details)).toContain(first.digest);
    await kit.registry.moveAlias(tenantId, { name: 'squad', alias: 'production', digest: old.digest }, actor);
    expect(await kit.registry.resolve(tenantId, 'squad')).toMatchObject({ version: { digest: old.digest } });
    expect((await kit.registry.versions(tenantId, 'squad', {})).items).toHaveLength(2);
  });

  it('of compositions is of their members, and never of itself', async () => {
    const [a, b] = [await importOne('a', 'one'), await importOne('b', 'two')];
    await compose('inner', 'a + b');
    const { version } = await compose('outer', '0.5*inner + a');
    const { recipe, members, through } = await pin('outer');
    expect(through).toEqual(['outer', 'inner']);
    expect([...members.keys()]).toEqual([`a@${a.digest}`, `b@${b.digest}`]);
    expect(version.summary.details['through']).toEqual(['inner']);
    expect(recipe.composition).toMatchObject({ sum: [{ weight: 0.5 }, { of: `a@${a.digest}`, weight: 1 }] });
    for (const again of ['inner + a', 'outer', '2*outer']) {
      await expect(compose('inner', again)).rejects.toMatchObject({
        status: 400,
        code: 'composition_cycle',
        param: 'composition',
      });
    }
  });

  it('alone in another one brings its choice of labels', async () => {
    const a = await importOne('a', 'one');
    await importOne('b', 'two');
    await compose('inner', { composition: 'a + b', head: { member: 'a' }, labels: ['yes'] });
    expect((await pin('inner')).recipe).toMatchObject({ head: { member: `a@${a.digest}` }, labels: ['yes'] });
    expect((await pin('inner + b')).recipe).not.toHaveProperty('head');
    await expect(pin({ composition: 'inner + b', head: { member: 'inner' } })).rejects.toMatchObject({
      code: 'invalid_composition',
    });
  });

  it('is refused where putting one in the place of a name makes a wrong nesting', async () => {
    await importOne('a', 'one');
    await importOne('b', 'two');
    await compose('deep', 'stack(a, b)');
    await compose('two', 'parallel(a, b)');
    await expect(pin({ sum: [{ of: 'deep', weight: 1 }] })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_composition',
      param: 'composition.sum[0].of',
    });
    await expect(pin('a + two')).rejects.toMatchObject({ code: 'invalid_composition' });
    await expect(pin('arrow(a, deep)')).rejects.toMatchObject({ param: 'composition.route[1]' });
  });

  it('of what does not exist, and of what is another tenant’s, is refused in the same words', async () => {
    const stranger = await kit.makeTenant();
    const { digest } = await importOne('theirs', 'x', stranger);
    await importOne('a', 'one');
    const messages = [];
    for (const name of ['theirs', 'nowhere', `theirs@${digest}`]) {
      const error = await pin({
        sum: [
          { of: 'a', weight: 1 },
          { of: name, weight: 1 },
        ],
      }).catch((fault: unknown) => fault);
      expect(error).toMatchObject({ status: 404, code: 'member_not_found', param: 'composition.sum[1].of' });
      messages.push((error as Error).message.replace(JSON.stringify(name.slice(0, 80)), ''));
    }
    expect(new Set(messages.map((message) => message.slice(0, 80))).size).toBe(1);
  });
});

describe('a member', () => {
  it('that a job trained on another base is refused at its place, as a member of a member too', async () => {
    const OTHER = 'ff'.repeat(32);
    const trained = async (name: string, baseDigest: string, tenant = tenantId) => {
      const { adapterId, digest } = await importOne(name, name, tenant);
      const row = {
        ...{ tenantId: tenant, adapterId, digest, jobId: randomUUID(), baseDigest, datasetDigest: null, split: {} },
        ...{ seed: 1, hyperparameters: {}, codeVersion: '1', metrics: {}, parentModel: null, createdAt: new Date() },
      };
      await database.tenantDb.run(tenant, (manager) => manager.insert(VersionLineageEntity, row));
    };
    await trained('own', new FakeCompiler().baseDigest);
    await trained('a', OTHER);
    await importOne('b', 'b');
    const refused = (param: string) => ({ status: 422, code: 'wrong_base', param });
    await pin('own + b');
    await expect(pin('own + a')).rejects.toMatchObject(refused('composition.sum[1].of'));
    await expect(pin('a')).rejects.toMatchObject(refused('composition'));
    await expect(pin('arrow(b, a)')).rejects.toMatchObject(refused('composition.route[1]'));
    await expect(pin('mod_squad(b; router=a)')).rejects.toMatchObject(refused('composition.router'));
    const before = makeRegistry({ database, store, compiler: new FakeCompiler(OTHER) });
    const recipe = await before.compositions.pin(tenantId, readRecipe('a + b'), 'composition');
    await before.compositions.create({ tenantId, name: 'earlier' }, recipe, NOTHING, actor);
    await expect(pin('0.5*earlier')).rejects.toMatchObject(refused('composition'));
    const friend = await kit.makeTenant();
    const { name } = await kit.tenants.require(tenantId);
    await kit.grants.create(tenantId, { adapter: 'a', granteeId: friend }, actor);
    await expect(pin(`${name}/a`, friend)).rejects.toMatchObject(refused('composition'));
  });

  it('is not deleted while a composition needs it; the composition goes first', async () => {
    const a = await importOne('a', 'one');
    await importOne('a', 'two');
    const { version } = await compose('both', `a@${a.digest}`);
    const held = { status: 409, code: 'version_in_use', message: expect.stringContaining(`both@${version.digest}`) };
    await expect(kit.removal.deleteVersion(tenantId, 'a', a.digest, actor)).rejects.toMatchObject(held);
    await expect(kit.removal.deleteAdapter(tenantId, 'a', actor)).rejects.toMatchObject(held);
    await kit.removal.deleteAdapter(tenantId, 'both', actor);
    expect(await memberRows()).toBe(0);
    await kit.removal.deleteVersion(tenantId, 'a', a.digest, actor);
  });

  it('is held by the database too', async () => {
    const a = await importOne('a', 'one');
    await compose('both', 'a');
    const remove = database.tenantDb.run(tenantId, async (manager) => {
      await manager.query('delete from adapter_aliases where adapter_id = $1', [a.adapterId]);
      await manager.query('delete from adapter_versions where adapter_id = $1', [a.adapterId]);
    });
    await expect(remove).rejects.toThrow(/composition_members/);
  });

  it('of the same name as its composition goes with it', async () => {
    await importOne('a', 'one');
    await importOne('b', 'two');
    await compose('a', 'a + b');
    expect((await kit.registry.versions(tenantId, 'a', {})).items).toHaveLength(2);
    await kit.removal.deleteAdapter(tenantId, 'a', actor);
    expect(await memberRows()).toBe(0);
  });

  it('of another tenant holds for as long as it is granted, and no longer', async () => {
    const friend = await kit.makeTenant();
    const owner = await kit.tenants.require(tenantId);
    const a = await importOne('a', 'one');
    const { id } = await kit.grants.create(tenantId, { adapter: 'a', granteeId: friend }, actor);
    await importOne('own', 'two', friend);
    const { version } = await compose('mixed', `own + ${owner.name}/a`, friend);
    expect(JSON.stringify(version.summary.details)).toContain(`${owner.name}/a@${a.digest}`);
    const remove = () => kit.removal.deleteAdapter(tenantId, 'a', actor);
    await expect(remove()).rejects.toMatchObject({ code: 'version_in_use', message: expect.stringContaining('grant') });
    await expect(remove()).rejects.not.toMatchObject({ message: expect.stringContaining('mixed') });
    await kit.grants.revoke(tenantId, toPublicId('grant', id), actor);
    await expect(pin('mixed', friend)).rejects.toMatchObject({ code: 'member_not_found' });
    await remove();
    await kit.removal.deleteAdapter(friend, 'mixed', actor);
  });

  it('is no composition of another tenant', async () => {
    const friend = await kit.makeTenant();
    const { name } = await kit.tenants.require(tenantId);
    await importOne('a', 'one');
    await compose('both', 'a');
    await expect(kit.grants.create(tenantId, { adapter: 'both', granteeId: friend }, actor)).rejects.toMatchObject({
      status: 400,
      param: 'adapter',
    });
    await kit.grants.create(tenantId, { adapter: 'a', granteeId: friend }, actor);
    await compose('a', '2*a');
    await expect(pin(`${name}/a`, friend)).rejects.toMatchObject({ code: 'invalid_composition' });
  });
});
