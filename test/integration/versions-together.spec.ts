import { beforeEach, describe, expect, it } from 'vitest';
import { readRecipe } from '../../src/composition/json.js';
import { CompositionMemberEntity } from '../../src/registry/compositions/composition-member.entity.js';
import { ObjectCleanupEntity } from '../../src/registry/object-cleanup.entity.js';
import type { VersionDraft, VersionTarget } from '../../src/registry/version-maker.js';
import { writeAdapter } from '../support/registry-kit.js';
import { useRegistry } from '../support/use-registry.js';

const spec = useRegistry();
const { actor, keys } = spec;
let { database, kit, store, tenantId } = spec;
beforeEach(() => void ({ database, kit, store, tenantId } = spec));

const NOTHING = { task: null, labels: null, details: {} };

/** Two adapters, and a composition of both. */
async function* drafts(more: Partial<VersionTarget> = {}): AsyncGenerator<VersionDraft> {
  const members: string[] = [];
  for (const name of ['a', 'b']) {
    const draft = await kit.imports.draft({ tenantId, name, directory: await writeAdapter(name) });
    members.push(`${name}@${draft.content.digest}`);
    yield draft;
  }
  const pinned = { recipe: readRecipe(members.join(' + ')), members: new Map(), through: [] };
  yield kit.compositions.draft({ tenantId, name: 'both', ...more }, pinned, NOTHING);
}

const namesOf = async () => (await kit.registry.list(tenantId, {})).items.map(({ name }) => name);
const rows = () =>
  database.tenantDb.run(tenantId, async (manager) => ({
    members: await manager.count(CompositionMemberEntity),
    announced: await manager.count(ObjectCleanupEntity),
  }));

describe('versions made together', () => {
  it('are all there, the composition with the members made before it; the same again are none new', async () => {
    const made = await kit.versions.makeAll({ tenantId, drafts: drafts() }, actor);
    expect(made.map(({ isNew, version }) => [version.name, isNew])).toEqual([
      ['a', true],
      ['b', true],
      ['both', true],
    ]);
    expect(await namesOf()).toEqual(['a', 'b', 'both']);
    expect(await rows()).toEqual({ members: 2, announced: 0 });
    const before = await keys();
    const again = await kit.versions.makeAll({ tenantId, drafts: drafts() }, actor);
    expect(again.map(({ isNew }) => isNew)).toEqual([false, false, false]);
    expect(await keys()).toEqual(before);
    const digest = made[0]!.version.digest;
    await expect(kit.removal.deleteVersion(tenantId, 'a', digest, actor)).rejects.toMatchObject({ status: 409 });
  });

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'one cannot be stored',
      () => {
        const put = store.put.bind(store);
        store.put = (key, ...rest) =>
          key.endsWith('composition.json') ? Promise.reject(new Error('no room')) : put(key, ...rest);
        return kit.versions.makeAll({ tenantId, drafts: drafts() }, actor);
      },
      { message: 'no room' },
    ],
    [
      'the last one has a name that none may have',
      () => kit.versions.makeAll({ tenantId, drafts: drafts({ name: 'A B' }) }, actor),
      { status: 400 },
    ],
    [
      'the transaction ends with an error',
      () => {
        const inTransaction = () => Promise.reject(new Error('lost'));
        return kit.versions.makeAll({ tenantId, drafts: drafts(), inTransaction }, actor);
      },
      { message: 'lost' },
    ],
    [
      'the last one is one too many',
      async () => {
        await kit.quotas.set(tenantId, { adapterCount: 2 }, {});
        return kit.versions.makeAll({ tenantId, drafts: drafts() }, actor);
      },
      { status: 429, code: 'adapter_count_exceeded' },
    ],
    [
      'a member of the composition is neither there nor made before it',
      () => {
        const pinned = { recipe: readRecipe('a + b'), members: new Map(), through: [] };
        const alone = [kit.compositions.draft({ tenantId, name: 'both' }, pinned, NOTHING)];
        return kit.versions.makeAll({ tenantId, drafts: alone }, actor);
      },
      { status: 404 },
    ],
  ])('are none where %s', async (_what, make, error) => {
    await expect(make()).rejects.toMatchObject(error);
    expect(await namesOf()).toEqual([]);
    expect(await keys()).toEqual([]);
    expect(await rows()).toEqual({ members: 0, announced: 0 });
  });

  it('are none where the process dies between two of them, once the sweep has run', async () => {
    const put = store.put.bind(store);
    const dead = new Promise<never>(() => undefined);
    store.put = (key, ...rest) => (key.endsWith('composition.json') ? dead : put(key, ...rest));
    void kit.versions.makeAll({ tenantId, drafts: drafts() }, actor);
    await expect.poll(async () => (await rows()).announced).toBe(3);
    expect((await keys()).length).toBeGreaterThan(0);
    expect(await namesOf()).toEqual([]);
    await kit.sweeper.sweep({ isAlone: true });
    expect([await keys(), await rows()]).toEqual([[], { members: 0, announced: 0 }]);
  });
});
