import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StorageError } from '../common/errors.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { FileEntity } from './file.entity.js';
import { uploadedKey, uploadedPlace } from './object-layout.js';
import { ObjectSweeper } from './object-sweeper.js';

/** A stored file that is not yet one of the tenant's: `keep` makes it one in the caller's transaction. */
export interface StoredResult {
  readonly id: string;
  keep(manager: EntityManager): Promise<void>;
  /** Removes what was not kept. */
  close(): Promise<void>;
}

/** Files that jobs write for their tenants. They count as the tenant's bytes, but a full quota does not fail a job. */
@Injectable()
export class ResultFilesService {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly sweeper: ObjectSweeper,
  ) {}

  async create(tenantId: string, filename: string, body: Uint8Array): Promise<StoredResult> {
    const id = randomUUID();
    const place = uploadedPlace(tenantId, id);
    await this.sweeper.announceImport(place);
    const close = (): Promise<void> => this.sweeper.removeSoon(place);
    try {
      const { bytes, sha256 } = await this.store.put(uploadedKey(tenantId, id), body);
      const keep = async (manager: EntityManager): Promise<void> => {
        if (!(await this.sweeper.keep(manager, place))) {
          throw new StorageError('result file: expected its stored object, found it removed meanwhile');
        }
        const file = { id, tenantId, filename, purpose: 'fine-tune-results' as const, bytes, sha256 };
        await manager.insert(FileEntity, { ...file, createdAt: new Date() });
      };
      return { id, keep, close };
    } catch (error) {
      await close();
      throw error;
    }
  }
}
