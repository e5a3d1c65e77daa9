import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Digest } from '../common/digest.js';
import { QuotaExceededError, StorageError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { AuditService } from '../tenants/audit.service.js';
import type { Actor } from '../tenants/principal.js';
import { QuotasService, type Quotas } from '../tenants/quotas.service.js';
import type { AdapterSummary, AdapterVersion, StoredFile } from './adapter-version.js';
import { AdapterVersionEntity, type VersionRow } from './adapter-version.entity.js';
import { AdapterEntity, type AdapterRow } from './adapter.entity.js';
import { Aliases } from './aliases.js';
import { DEFAULT_ALIAS, expectAdapterName, expectAliasName } from './model-name.js';
import { ModelResolver } from './model-resolver.js';
import type { ImportPlace } from './object-layout.js';
import { ObjectSweeper } from './object-sweeper.js';
import { findAdapter, findVersion, toVersion } from './registry-queries.js';
import { storedBytes } from './tensor-refs.js';

/** Where a version goes. */
export interface VersionTarget {
  readonly tenantId: string;
  /** Of the adapter; made when it is new. */
  readonly name: string;
  /** Moved to the version; null moves none. */
  readonly alias?: string | null | undefined;
  /** An alias that points at a version already stays where it is. */
  readonly keepsAlias?: boolean | undefined;
  /** An error of it undoes the version. */
  readonly inTransaction?: ((manager: EntityManager, made: JustMade) => Promise<void>) | undefined;
}

/** A version in the transaction that makes it. */
export interface JustMade extends MadeVersion {
  /** Made before it in the same transaction. */
  readonly before: readonly MadeVersion[];
}

/** A version that is to be made. */
export interface VersionDraft {
  readonly target: VersionTarget;
  readonly content: VersionContent;
}

/** Versions of one tenant that are made together, in their order. */
export interface VersionBatch {
  readonly tenantId: string;
  /** Each is stored before the next is asked for. */
  readonly drafts: Iterable<VersionDraft> | AsyncIterable<VersionDraft>;
  /** Ends the transaction that makes them; an error of it undoes all. */
  readonly inTransaction?: (manager: EntityManager, made: readonly MadeVersion[]) => Promise<void>;
}

/** What a version is, and how its objects are written. */
export interface VersionContent {
  /** The content address of what the files say. */
  readonly digest: Digest;
  readonly summary: AdapterSummary;
  /** Writes the objects of an import that is announced. */
  readonly store: (place: ImportPlace) => Promise<StoredContent>;
}

export interface StoredContent {
  readonly files: readonly StoredFile[];
  /** What the version takes in the store. */
  readonly bytes: number;
}

export interface MadeVersion {
  readonly version: AdapterVersion;
  /** False when the adapter had this version already. */
  readonly isNew: boolean;
}

/** A draft whose objects are in the store. */
interface StoredDraft {
  readonly target: VersionTarget;
  readonly content: Pick<VersionContent, 'digest' | 'summary'>;
  /** Absent: the adapter had the version already. */
  readonly stored: (StoredContent & { readonly place: ImportPlace }) | undefined;
}

interface Place extends Omit<StoredDraft, 'target'> {
  readonly adapter: AdapterRow;
  readonly quotas: Quotas;
}

/** @throws ValidationError  for a name that no adapter, or an alias that no alias may have */
export function expectTarget({ name, alias = DEFAULT_ALIAS }: VersionTarget): void {
  expectAdapterName(name);
  if (alias !== null) expectAliasName(alias);
}

/**
 * Makes versions: the objects are stored, then the versions, their aliases and their audit rows are made in one transaction.
 * Stopped at any point it leaves either all of it or, once the sweeper has run, nothing.
 */
@Injectable()
export class VersionMaker {
  constructor(
    private readonly db: TenantDb,
    private readonly sweeper: ObjectSweeper,
    private readonly aliases: Aliases,
    private readonly resolver: ModelResolver,
    private readonly quotas: QuotasService,
    private readonly audit: AuditService,
  ) {}

  /** @throws QuotaExceededError  when the tenant would have too many adapters, or too many bytes of them */
  async make(target: VersionTarget, content: VersionContent, actor: Actor): Promise<MadeVersion> {
    const [made] = await this.makeAll({ tenantId: target.tenantId, drafts: [{ target, content }] }, actor);
    return made!;
  }

  /** All of them or none. @throws QuotaExceededError  see `make` */
  async makeAll({ tenantId, drafts, inTransaction }: VersionBatch, actor: Actor): Promise<readonly MadeVersion[]> {
    const stored: StoredDraft[] = [];
    let made: readonly MadeVersion[] = [];
    try {
      for await (const draft of drafts) stored.push(await this.storeDraft(tenantId, draft));
      made = await this.register(tenantId, stored, actor, inTransaction);
      return made;
    } finally {
      this.resolver.forget(tenantId);
      // Still announced: the versions failed, or were made by another one meanwhile.
      for (const [at, { stored: own }] of stored.entries())
        if (own && !made[at]?.isNew) await this.sweeper.removeSoon(own.place);
    }
  }

  private async storeDraft(tenantId: string, { target, content }: VersionDraft): Promise<StoredDraft> {
    expectTarget(target);
    const { digest, summary } = content;
    const known = await this.db.run(tenantId, (manager) => findKnown(manager, target.name, content));
    const stored = known ? undefined : await this.storeContent(tenantId, content);
    return { target, content: { digest, summary }, stored };
  }

  private async register(
    tenantId: string,
    drafts: readonly StoredDraft[],
    actor: Actor,
    end: VersionBatch['inTransaction'],
  ): Promise<MadeVersion[]> {
    const quotas = await this.quotas.get(tenantId);
    return this.db.run(tenantId, async (manager) => {
      // New versions of one tenant take turns from here on, so that together they keep its quotas.
      await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`import ${tenantId}`]);
      const made: MadeVersion[] = [];
      for (const draft of drafts) {
        const one = await this.makeVersion(manager, { tenantId, quotas, draft }, actor);
        await draft.target.inTransaction?.(manager, { ...one, before: made });
        made.push(one);
      }
      await end?.(manager, made);
      return made;
    });
  }

  private async makeVersion(
    manager: EntityManager,
    { tenantId, quotas, draft }: { tenantId: string; quotas: Quotas; draft: StoredDraft },
    actor: Actor,
  ): Promise<MadeVersion> {
    const { target, ...draftContent } = draft;
    const { name, alias = DEFAULT_ALIAS, keepsAlias } = target;
    const adapter =
      (await findAdapter(manager, name)) ?? (await this.insertAdapter(manager, { tenantId, name, quotas }));
    const { version, isNew } = await this.ensureVersion(manager, { adapter, quotas, ...draftContent }, actor);
    const isMoved = alias !== null && !(keepsAlias && (await this.aliases.has(manager, adapter, alias)));
    if (isMoved) await this.aliases.move(manager, { adapter, alias, digest: version.digest }, actor);
    return { version: toVersion(version, name), isNew };
  }

  private async storeContent(tenantId: string, content: VersionContent): Promise<NonNullable<StoredDraft['stored']>> {
    const place = { tenantId, digest: content.digest, importId: randomUUID() };
    await this.sweeper.announceImport(place);
    try {
      return { place, ...(await content.store(place)) };
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
    { adapter, content, stored, quotas }: Place,
    actor: Actor,
  ): Promise<{ version: VersionRow; isNew: boolean }> {
    const { digest, summary } = content;
    const existing = await findVersion(manager, adapter.id, digest);
    if (existing) return { version: existing, isNew: false };
    if (!stored || !(await this.sweeper.keep(manager, stored.place))) {
      throw new StorageError(`import of ${adapter.name}: expected its stored files, found them removed meanwhile`, {
        code: 'import_interrupted',
      });
    }
    const { bytes, files, place } = stored;
    const used = quotas.adapterBytes === null ? 0 : await storedBytes(manager);
    const version = { ...place, adapterId: adapter.id, bytes, summary, files, createdAt: new Date() };
    await manager.insert(AdapterVersionEntity, version as never); // TypeORM's partial of a json column is not its type
    await expectRoom(manager, used, quotas);
    const target = { tenantId: adapter.tenantId, target: `${adapter.name}@${digest}` };
    await this.audit.record(manager, { ...target, action: 'version.import', details: { bytes } }, actor);
    return { version, isNew: true };
  }
}

async function findKnown(manager: EntityManager, name: string, { digest }: VersionContent): Promise<boolean> {
  const adapter = await findAdapter(manager, name);
  return adapter !== undefined && (await findVersion(manager, adapter.id, digest)) !== undefined;
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
