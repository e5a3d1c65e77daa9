import { Injectable } from '@nestjs/common';
import { readPageRequest, toPage, type Page, type PageRequest } from '../../common/page.js';
import { TenantDb } from '../../database/tenant-db.js';
import type { Adapter, AdapterVersion } from '../adapter-version.js';
import { AdapterEntity } from '../adapter.entity.js';
import { DEFAULT_ALIAS } from '../model-name.js';
import { findNamedVersion } from '../registry-queries.js';
import { VersionLineageEntity } from '../version-lineage.entity.js';
import { GrantEntity, type Grant } from './grant.entity.js';

/** One adapter that a tenant may put into its compositions. */
export interface LibraryBrick {
  /** As a composition names it. */
  readonly name: string;
  /** Name of the tenant that grants it; absent: the tenant's own. */
  readonly owner?: string;
  /** What the name means now; absent while its alias points at nothing. */
  readonly version?: AdapterVersion;
  /** Of the job that made the version. */
  readonly metrics?: Readonly<Record<string, unknown>>;
}

/** Where a brick is looked up: a tenant's adapter, at a version or at the default alias. */
type Shelf = { readonly name: string; readonly tenantId: string } & (
  { readonly own: Pick<Adapter, 'name'> } | { readonly grant: Grant }
);

/** What a tenant may compose: its own adapters and those granted to it, each with its card and nothing of its data. */
@Injectable()
export class BrickLibrary {
  constructor(private readonly db: TenantDb) {}

  /** In order of name; those granted by others are named `owner/name`. */
  async list(tenantId: string, request: PageRequest): Promise<Page<LibraryBrick>> {
    const { limit, after } = readPageRequest(request);
    const shelves = await this.shelves(tenantId, { limit: limit + 1, after });
    const { items, nextCursor } = toPage(shelves, limit, ({ name }) => name);
    const bricks = await Promise.all(items.map((shelf) => this.open(shelf)));
    return { items: bricks, ...(nextCursor !== undefined && { nextCursor }) };
  }

  private shelves(tenantId: string, { limit, after }: { limit: number; after: string | undefined }): Promise<Shelf[]> {
    return this.db.run(tenantId, async (manager) => {
      const adapters = manager.createQueryBuilder(AdapterEntity, 'a').orderBy('a.name').limit(limit);
      if (after !== undefined) adapters.where('a.name > :after', { after });
      const name = `(g.tenant_name || '/' || g.adapter_name || coalesce('@' || g.digest, ''))`;
      const grants = manager
        .createQueryBuilder(GrantEntity, 'g')
        .where('g.granteeId = :tenantId', { tenantId })
        .orderBy(name)
        .limit(limit);
      if (after !== undefined) grants.andWhere(`${name} > :after`, { after });
      const own = (await adapters.getMany()).map((adapter) => ({ name: adapter.name, tenantId, own: adapter }));
      const granted = (await grants.getMany()).map((grant) => shelfOf(grant));
      // Names are ASCII: this is the database's order too.
      return [...own, ...granted].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
    });
  }

  private open(shelf: Shelf): Promise<LibraryBrick> {
    const { name, tenantId } = shelf;
    return this.db.run(tenantId, async (manager) => {
      const isOwn = 'own' in shelf;
      const adapter = isOwn ? shelf.own.name : shelf.grant.adapterName;
      const digest = isOwn ? null : shelf.grant.digest;
      const version = await findNamedVersion(
        manager,
        digest === null
          ? { kind: 'alias', name: adapter, alias: DEFAULT_ALIAS }
          : { kind: 'version', name: adapter, digest },
      );
      const lineage =
        version &&
        (await manager.findOneBy(VersionLineageEntity, { adapterId: version.adapterId, digest: version.digest }));
      return {
        name,
        ...(!isOwn && { owner: shelf.grant.tenantName }),
        ...(version && { version }),
        ...(lineage && { metrics: lineage.metrics }),
      };
    });
  }
}

function shelfOf(grant: Grant): Shelf {
  const { tenantId, tenantName, adapterName, digest } = grant;
  return { name: `${tenantName}/${adapterName}${digest === null ? '' : `@${digest}`}`, tenantId, grant };
}
