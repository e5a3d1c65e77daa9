import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { WEIGHTS_FILE } from '../adapters/whole-model.js';
import type { Digest } from '../common/digest.js';
import { NotFoundError } from '../common/errors.js';
import { readPageRequest, toPage, type Page, type PageRequest } from '../common/page.js';
import { TenantDb } from '../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import type { Actor } from '../tenants/principal.js';
import type { Adapter, AdapterVersion, ModelRef, StoredFile } from './adapter-version.js';
import type { VersionRow } from './adapter-version.entity.js';
import { AdapterEntity } from './adapter.entity.js';
import { Aliases } from './aliases.js';
import { expectAliasName } from './model-name.js';
import { ModelResolver } from './model-resolver.js';
import { fileKey } from './object-layout.js';
import { PackedBricks, type PackedBrick } from './packed-bricks.js';
import { listVersions, requireAdapter, requireVersion, versionSortKey, withAliases } from './registry-queries.js';

export interface AliasTarget {
  readonly name: string;
  readonly alias: string;
  readonly digest: Digest;
  /** See `AliasMove.expected`. */
  readonly expected?: Digest | null | undefined;
}

/** A tenant's adapters, their versions, aliases and files. What is not the tenant's does not exist. */
@Injectable()
export class RegistryService {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly resolver: ModelResolver,
    private readonly aliases: Aliases,
    private readonly packedBricks: PackedBricks,
  ) {}

  /** See `ModelResolver.resolve`. */
  resolve(tenantId: string, model: string): Promise<ModelRef> {
    return this.resolver.resolve(tenantId, model);
  }

  /** In order of name. */
  async list(tenantId: string, request: PageRequest): Promise<Page<Adapter>> {
    const { limit, after } = readPageRequest(request);
    const adapters = await this.db.run(tenantId, async (manager) => {
      const query = manager
        .createQueryBuilder(AdapterEntity, 'a')
        .orderBy('a.name')
        .limit(limit + 1);
      if (after !== undefined) query.where('a.name > :after', { after });
      return withAliases(manager, await query.getMany());
    });
    return toPage(adapters, limit, ({ name }) => name);
  }

  async require(tenantId: string, name: string): Promise<Adapter> {
    return this.db.run(tenantId, async (manager) => {
      const [adapter] = await withAliases(manager, [await requireAdapter(manager, name)]);
      return adapter!;
    });
  }

  /** Newest first. */
  async versions(tenantId: string, name: string, request: PageRequest): Promise<Page<AdapterVersion>> {
    const { limit, after } = readPageRequest(request);
    const rows = await this.db.run(tenantId, async (manager) =>
      listVersions(manager, await requireAdapter(manager, name), { limit: limit + 1, after }),
    );
    return toPage(rows, limit, versionSortKey);
  }

  /** The files as they were uploaded. */
  async files(tenantId: string, name: string, digest: Digest): Promise<readonly StoredFile[]> {
    return (await this.requireRow(tenantId, name, digest)).files;
  }

  /** One of them, as a stream that ends with an error should its bytes have changed in the store. */
  async openFile(
    tenantId: string,
    version: { name: string; digest: Digest },
    fileName: string,
  ): Promise<{ file: StoredFile; body: Readable }> {
    const row = await this.requireRow(tenantId, version.name, version.digest);
    const file = row.files.find(({ name }) => name === fileName);
    if (!file) {
      throw new NotFoundError(
        `file: expected one of ${row.files.map(({ name }) => name).join(', ')}, got ${fileName.slice(0, 160)}`,
        {
          code: 'file_not_found',
          param: 'file',
        },
      );
    }
    const isPieced = row.summary.kind === 'base' && file.name === WEIGHTS_FILE;
    const body = isPieced ? await this.packedBricks.openWeights(row) : await this.store.get(fileKey(row, file.name));
    return { file, body };
  }

  /** Where the brick of a version that was resolved or listed lies, for the base of this process. */
  packed(tenantId: string, version: AdapterVersion): Promise<PackedBrick> {
    const { place, files } = this.placeOf(tenantId, version);
    if (version.summary.kind === 'base') return this.packedBricks.requireModel(place, files);
    return this.packedBricks.require(place, files);
  }

  /** Where that lies which Arrow weighs the brick of a version by. */
  arrowGates(tenantId: string, version: AdapterVersion): Promise<PackedBrick> {
    const { place, files } = this.placeOf(tenantId, version);
    return this.packedBricks.requireArrow(place, files);
  }

  private placeOf(tenantId: string, { name, digest, importId }: AdapterVersion) {
    return { place: { tenantId, digest, importId }, files: () => this.files(tenantId, name, digest) };
  }

  /** Points an alias at a version of the same adapter, from one request to the next. */
  async moveAlias(tenantId: string, { name, alias, digest, expected }: AliasTarget, actor: Actor): Promise<Adapter> {
    expectAliasName(alias);
    await this.db.run(tenantId, async (manager) => {
      const adapter = await requireAdapter(manager, name);
      await requireVersion(manager, adapter, digest);
      await this.aliases.move(manager, { adapter, alias, digest, expected }, actor);
    });
    this.resolver.forget(tenantId);
    return this.require(tenantId, name);
  }

  async deleteAlias(tenantId: string, { name, alias }: { name: string; alias: string }, actor: Actor): Promise<void> {
    await this.db.run(tenantId, async (manager) => {
      await this.aliases.delete(manager, await requireAdapter(manager, name), alias, actor);
    });
    this.resolver.forget(tenantId);
  }

  private async requireRow(tenantId: string, name: string, digest: Digest): Promise<VersionRow> {
    return this.db.run(tenantId, async (manager) =>
      requireVersion(manager, await requireAdapter(manager, name), digest),
    );
  }
}
