import { Inject, Injectable } from '@nestjs/common';
import { LessThanOrEqual, type EntityManager } from 'typeorm';
import { StorageError } from '../common/errors.js';
import type { Row } from '../database/row.js';
import { TenantDb } from '../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { ObjectCleanupEntity } from './object-cleanup.entity.js';
import { importPrefix, type ImportPlace, type PrefixPlace } from './object-layout.js';
import { releaseTensors } from './tensor-refs.js';

/** Longer than any import takes: after it, one that has not made its version is dead. */
const IMPORT_MS = 3_600_000;

/**
 * Removes objects that no version holds. An import is announced → stored → a version; one that dies before it is a version
 * leaves its announcement, and so is found. Deleting a version announces its objects again. An announcement is taken back
 * only by making the version or, after the objects are gone, by the sweep; both lock its row, so they exclude each other.
 */
@Injectable()
export class ObjectSweeper {
  private readonly owed = new Map<string, ImportPlace | PrefixPlace>();

  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
  ) {}

  /** Before an import's first object is stored. */
  async announceImport(place: ImportPlace | PrefixPlace): Promise<void> {
    const row = { ...place, dueAt: new Date(Date.now() + IMPORT_MS) };
    await this.db.run(place.tenantId, (manager) => manager.insert(ObjectCleanupEntity, row));
  }

  /** In the transaction that makes the version; false when the sweep was first and the objects are gone. */
  async keep(manager: EntityManager, { importId }: ImportPlace | PrefixPlace): Promise<boolean> {
    return (await manager.delete(ObjectCleanupEntity, { importId })).affected === 1;
  }

  /** In the transaction that deletes the version. */
  async announceRemoval(manager: EntityManager, place: ImportPlace | PrefixPlace): Promise<void> {
    const { tenantId, importId } = place;
    const where = 'prefix' in place ? { prefix: place.prefix } : { digest: place.digest };
    await manager.insert(ObjectCleanupEntity, { tenantId, importId, ...where, dueAt: new Date() });
  }

  /** Removes one import's objects now, if they are still announced; what fails now, `removeOwed` or a sweep does. */
  async removeSoon(place: ImportPlace | PrefixPlace): Promise<void> {
    const { tenantId, importId } = place;
    try {
      await this.db.run(tenantId, (manager) => this.removeLocked(manager, importId));
      this.owed.delete(importId);
    } catch {
      this.owed.set(importId, place);
    }
  }

  /** What `removeSoon` could not remove, as the database or the store was away. */
  async removeOwed(): Promise<void> {
    for (const place of [...this.owed.values()]) await this.removeSoon(place);
  }

  /**
   * Removes what is due; when no other process shares the database, at start, all that is announced.
   *
   * @returns how many imports' objects were removed
   */
  async sweep({ isAlone }: { isAlone: boolean }): Promise<number> {
    const due = await this.db.runAsAdmin((manager) =>
      manager.find(ObjectCleanupEntity, { where: isAlone ? {} : { dueAt: LessThanOrEqual(new Date()) } }),
    );
    let removed = 0;
    for (const { importId } of due) {
      if (await this.db.runAsAdmin((manager) => this.removeLocked(manager, importId))) removed++;
    }
    return removed;
  }

  private async removeLocked(manager: EntityManager, importId: string): Promise<boolean> {
    const row = await manager.findOne(ObjectCleanupEntity, {
      where: { importId },
      lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
    });
    if (!row) return false;
    for await (const { key } of this.store.list(prefixOf(row))) await this.store.delete(key);
    await releaseTensors(manager, this.store, row);
    await manager.delete(ObjectCleanupEntity, { importId });
    return true;
  }
}

function prefixOf({ tenantId, importId, digest, prefix }: Row<ObjectCleanupEntity>): string {
  if (prefix !== null) return prefix;
  if (digest === null)
    throw new StorageError(`object cleanup ${importId}: expected a digest or a prefix, found neither`);
  return importPrefix({ tenantId, importId, digest });
}
