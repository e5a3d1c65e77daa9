import { Inject, Injectable } from '@nestjs/common';
import { COMPOSITION_FILE } from '../../composition/composition-file.js';
import { recipeDigest, recipeFile } from '../../composition/canonical.js';
import { membersOf, type Recipe } from '../../composition/value.js';
import type { EntityManager } from 'typeorm';
import { NotFoundError, ValidationError } from '../../common/errors.js';
import type { Digest } from '../../common/digest.js';
import { readPageRequest, toPage, type Page, type PageRequest } from '../../common/page.js';
import { TenantDb } from '../../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../../storage/object-store.js';
import type { Actor } from '../../tenants/principal.js';
import { AdapterEntity } from '../adapter.entity.js';
import type { Adapter, AdapterSummary } from '../adapter-version.js';
import { fileKey } from '../object-layout.js';
import { withAliases } from '../registry-queries.js';
import {
  VersionMaker,
  type JustMade,
  type MadeVersion,
  type VersionDraft,
  type VersionTarget,
} from '../version-maker.js';
import { CompositionMemberEntity } from './composition-member.entity.js';
import { Members } from './members.service.js';
import { pinRecipe, type PinnedRecipe } from './pin-recipe.js';

const HAS_COMPOSITION = `exists (
  select from adapter_versions v where v.adapter_id = a.id and v.summary->>'kind' = 'composition')`;

const KINDS = `
  select coalesce(bool_or(v.summary->>'kind' = 'composition'), false) as "hasComposition",
    coalesce(bool_or(v.summary->>'kind' <> 'composition'), false) as "hasOther"
  from adapter_versions v join adapters a on a.id = v.adapter_id
  where a.name = $1`;

/** What is among the versions of a name. */
export interface VersionKinds {
  readonly hasComposition: boolean;
  readonly hasOther: boolean;
}

/** Compositions as versions of adapters: their one file names the versions that they are made of. */
@Injectable()
export class CompositionsService {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly members: Members,
    private readonly versions: VersionMaker,
  ) {}

  /** See `pinRecipe`. */
  pin(tenantId: string, recipe: Recipe, at: string): Promise<PinnedRecipe> {
    return pinRecipe(recipe, at, (places) => this.members.require(tenantId, places));
  }

  /** @throws as `draft` */
  create(
    target: VersionTarget,
    pinned: PinnedRecipe,
    summary: Pick<AdapterSummary, 'task' | 'labels' | 'details'>,
    actor: Actor,
  ): Promise<MadeVersion> {
    const { target: own, content } = this.draft(target, pinned, summary);
    return this.versions.make(own, content, actor);
  }

  /**
   * The version that `create` would make, for one that is made together with others: members that are not among those found
   * are made before it.
   *
   * @param summary  what the head of the composition gives: its task, its labels
   * @throws ValidationError `composition_cycle`  when one of the same name is among its members, or in one of them
   */
  draft(
    target: VersionTarget,
    { recipe, members, through }: PinnedRecipe,
    { task, labels, details }: Pick<AdapterSummary, 'task' | 'labels' | 'details'>,
  ): VersionDraft {
    if (through.includes(target.name)) throw cycle(target.name);
    const content = {
      digest: recipeDigest(recipe),
      summary: {
        kind: 'composition' as const,
        ...{ method: 'composition', task, labels },
        details: { ...details, recipe, through },
      },
      store: async (place: Parameters<typeof fileKey>[0]) => {
        const body = Buffer.from(recipeFile(recipe));
        const { bytes, sha256 } = await this.store.put(fileKey(place, COMPOSITION_FILE), body);
        return { files: [{ name: COMPOSITION_FILE, bytes, sha256 }], bytes };
      },
    };
    const inTransaction = async (manager: EntityManager, made: JustMade): Promise<void> => {
      if (made.isNew) {
        const { tenantId } = target;
        const own = { tenantId, compositionId: made.version.adapterId, compositionDigest: made.version.digest };
        const rows = membersIn({ recipe, members }, tenantId, made).map((member) => ({ ...own, ...member }));
        await manager.insert(CompositionMemberEntity, rows);
      }
      await target.inTransaction?.(manager, made);
    };
    return { target: { ...target, inTransaction }, content };
  }

  /** Neither, for a name that is not there. */
  async kinds(tenantId: string, name: string): Promise<VersionKinds> {
    const [kinds] = await this.db.run(tenantId, (manager) => manager.query<VersionKinds[]>(KINDS, [name]));
    return kinds!;
  }

  /** Adapters that have a version which is a composition, in order of name. */
  async list(tenantId: string, request: PageRequest): Promise<Page<Adapter>> {
    const { limit, after } = readPageRequest(request);
    const adapters = await this.db.run(tenantId, async (manager) => {
      const query = manager
        .createQueryBuilder(AdapterEntity, 'a')
        .where(HAS_COMPOSITION)
        .orderBy('a.name')
        .limit(limit + 1);
      if (after !== undefined) query.andWhere('a.name > :after', { after });
      return withAliases(manager, await query.getMany());
    });
    return toPage(adapters, limit, ({ name }) => name);
  }
}

/** The versions of a recipe and whose they are: found before, or made before it in the same transaction. */
function membersIn(
  { recipe, members }: Pick<PinnedRecipe, 'recipe' | 'members'>,
  tenantId: string,
  { before }: JustMade,
): { readonly ownerId: string; readonly adapterId: string; readonly digest: Digest }[] {
  const fresh = new Map(before.map(({ version }) => [`${version.name}@${version.digest}`, version]));
  return membersOf(recipe.composition).map((name) => {
    const found = members.get(name);
    const version = found?.version ?? fresh.get(name);
    if (version) return { ownerId: found?.tenantId ?? tenantId, adapterId: version.adapterId, digest: version.digest };
    throw new NotFoundError(`composition: expected its member ${name} to be found or made before it, got neither`);
  });
}

function cycle(name: string): ValidationError {
  const message = `composition: expected members that do not hold ${name} itself, got one that does: name its members`;
  return new ValidationError(message, { code: 'composition_cycle', param: 'composition' });
}
