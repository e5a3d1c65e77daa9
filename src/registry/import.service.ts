import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { adapterFileLimitBytes } from '../adapters/files.js';
import { QuotaExceededError, StorageError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { AuditService } from '../tenants/audit.service.js';
import type { Actor } from '../tenants/principal.js';
import { QuotasService, type Quotas } from '../tenants/quotas.service.js';
import type { AdapterVersion, StoredFile } from './adapter-version.js';
import { AdapterVersionEntity, type VersionRow } from './adapter-version.entity.js';
import { AdapterEntity, type AdapterRow } from './adapter.entity.js';
import { Aliases } from './aliases.js';
import { DEFAULT_ALIAS, expectAdapterName, expectAliasName } from './model-name.js';
import { ModelResolver } from './model-resolver.js';
import { fileKey, packedKey, type ImportPlace } from './object-layout.js';
import { ObjectSweeper } from './object-sweeper.js';
import { ADAPTER_COMPILER, type AdapterCompiler, type CompiledAdapter } from './ports.js';
import { ModelStore } from './model-store.js';
import { storedBytes } from './tensor-refs.js';
import { findAdapter, findVersion, toVersion } from './registry-queries.js';

export interface ImportRequest {
  readonly tenantId: string;
  /** Of the adapter; made when it is new. */
  readonly name: string;
  /** Local directory with the files, flat; it stays the caller's. */
  readonly directory: string;
  /** Moved to the version; null moves none. */
  readonly alias?: string | null | undefined;
  /** An alias that points at a version already stays where it is. */
  readonly keepsAlias?: boolean | undefined;
  /** Runs in the transaction that makes the version; an error of it undoes the import. */
  readonly inTransaction?: ((manager: EntityManager, version: AdapterVersion) => Promise<void>) | undefined;
}

export interface ImportResult {
  readonly version: AdapterVersion;
  /** False when the adapter had this version already. */
  readonly isNew: boolean;
}

/** An import whose objects are stored but whose version is not made yet. */
interface StoredImport {
  readonly place: ImportPlace;
  readonly files: readonly StoredFile[];
  /** What the version takes in the store. */
  readonly bytes: number;
  readonly compiled: CompiledAdapter;
}

/**
 * Makes versions: the files are read and resolved, then stored, then the version, its alias and its audit rows are made
 * in one transaction. Stopped at any point it leaves either all of it or, once the sweeper has run, nothing.
 */
@Injectable()
export class ImportService {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(ADAPTER_COMPILER) private readonly compiler: AdapterCompiler,
    private readonly sweeper: ObjectSweeper,
    private readonly aliases: Aliases,
    private readonly resolver: ModelResolver,
    private readonly quotas: QuotasService,
    private readonly audit: AuditService,
    private readonly models: ModelStore,
  ) {}

  /**
   * @throws ValidationError | TooLargeError | IncompatibleAdapterError  for files that cannot be served, with the reason
   * @throws QuotaExceededError  when the tenant would have too many adapters, or too many bytes of them
   */
  async import(request: ImportRequest, actor: Actor): Promise<ImportResult> {
    const { tenantId, name, directory, alias = DEFAULT_ALIAS } = request;
    expectAdapterName(name);
    if (alias !== null) expectAliasName(alias);
    const compiled = await this.compiler.compile(directory);
    const known = await this.db.run(tenantId, (manager) => this.findKnown(manager, name, compiled));
    const stored = known ? undefined : await this.storeFiles(tenantId, directory, compiled);
    try {
      const quotas = await this.quotas.get(tenantId);
      return await this.db.run(tenantId, async (manager) => {
        // Imports of one tenant take turns from here on, so that together they keep its quotas.
        await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`import ${tenantId}`]);
        const adapter =
          (await findAdapter(manager, name)) ?? (await this.insertAdapter(manager, { tenantId, name, quotas }));
        const { version, isNew } = await this.ensureVersion(manager, { adapter, compiled, stored, quotas }, actor);
        const isMoved = alias !== null && !(request.keepsAlias && (await this.aliases.has(manager, adapter, alias)));
        if (isMoved) await this.aliases.move(manager, { adapter, alias, digest: version.digest }, actor);
        const made = toVersion(version, name);
        await request.inTransaction?.(manager, made);
        return { version: made, isNew };
      });
    } finally {
      this.resolver.forget(tenantId);
      // Still announced: the import failed, or the version was made by another one meanwhile.
      if (stored) await this.sweeper.removeSoon(stored.place);
    }
  }

  private async findKnown(manager: EntityManager, name: string, { digest }: CompiledAdapter): Promise<boolean> {
    const adapter = await findAdapter(manager, name);
    return adapter !== undefined && (await findVersion(manager, adapter.id, digest)) !== undefined;
  }

  private async storeFiles(tenantId: string, directory: string, compiled: CompiledAdapter): Promise<StoredImport> {
    const place = { tenantId, digest: compiled.digest, importId: randomUUID() };
    await this.sweeper.announceImport(place);
    try {
      if (compiled.model) return { place, compiled, ...(await this.models.put(place, directory, compiled.model)) };
      const files: StoredFile[] = [];
      for (const name of (await readdir(directory))
        .filter((file) => adapterFileLimitBytes(file) !== undefined)
        .sort()) {
        const { bytes, sha256 } = await this.store.put(fileKey(place, name), createReadStream(join(directory, name)));
        files.push({ name, bytes, sha256 });
      }
      await this.store.put(packedKey(place, this.compiler), compiled.packed);
      return { place, files, compiled, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
    } catch (error) {
      await this.sweeper.removeSoon(place);
      throw error;
    }
  }

  private async insertAdapter(
    manager: EntityManager,
    { tenantId, name, quotas }: { tenantId: string; name: string; quotas: Quotas },
  ): Promise<AdapterRow> {
    const count = await manager.count(AdapterEntity);
    if (quotas.adapterCount !== null && count >= quotas.adapterCount) {
      throw new QuotaExceededError(`quota: expected at most ${quotas.adapterCount} adapters, got one more`, {
        code: 'adapter_count_exceeded',
      });
    }
    const adapter = { id: randomUUID(), tenantId, name, createdAt: new Date() };
    await manager.insert(AdapterEntity, adapter);
    return adapter;
  }

  private async ensureVersion(
    manager: EntityManager,
    {
      adapter,
      compiled,
      stored,
      quotas,
    }: { adapter: AdapterRow; compiled: CompiledAdapter; stored: StoredImport | undefined; quotas: Quotas },
    actor: Actor,
  ): Promise<{ version: VersionRow; isNew: boolean }> {
    const existing = await findVersion(manager, adapter.id, compiled.digest);
    if (existing) return { version: existing, isNew: false };
    if (!stored || !(await this.sweeper.keep(manager, stored.place))) {
      throw new StorageError(`import of ${adapter.name}: expected its stored files, found them removed meanwhile`, {
        code: 'import_interrupted',
      });
    }
    const { bytes } = stored;
    const used = quotas.adapterBytes === null ? 0 : await storedBytes(manager);
    const version = {
      ...stored.place,
      adapterId: adapter.id,
      bytes,
      summary: compiled.summary,
      files: stored.files,
      createdAt: new Date(),
    };
    await manager.insert(AdapterVersionEntity, version as never); // TypeORM's partial of a json column is not its type
    await expectRoom(manager, used, quotas);
    const target = { tenantId: adapter.tenantId, target: `${adapter.name}@${compiled.digest}` };
    await this.audit.record(manager, { ...target, action: 'version.import', details: { bytes } }, actor);
    return { version, isNew: true };
  }
}

/** @param used  bytes of the versions before this one was made */
async function expectRoom(manager: EntityManager, used: number, { adapterBytes }: Quotas): Promise<void> {
  if (adapterBytes === null) return;
  const bytes = (await storedBytes(manager)) - used;
  if (used + bytes <= adapterBytes) return;
  throw new QuotaExceededError(
    `quota: expected at most ${adapterBytes} bytes of adapters, got ${used} and ${bytes} more`,
    {
      code: 'adapter_bytes_exceeded',
    },
  );
}
