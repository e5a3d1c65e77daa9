import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Digest } from '../common/digest.js';
import { StorageError } from '../common/errors.js';
import { isViolation } from '../database/constraint-violation.js';
import { TenantDb } from '../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { DATASET_PARTS, DatasetEntity, type Dataset, type DatasetPart, type StoredPart } from './dataset.entity.js';
import { datasetPlace } from './object-layout.js';
import { ObjectSweeper } from './object-sweeper.js';

export interface NewDataset {
  readonly tenantId: string;
  readonly fileId: string;
  readonly validationFileId: string | null;
  readonly recipe: string;
  readonly digest: Digest;
  readonly card: Readonly<Record<string, unknown>>;
  /** Local, with `train.jsonl`, `validation.jsonl` and `test.jsonl`; stays the caller's. */
  readonly directory: string;
}

/** Prepared data sets. One recipe on one file is prepared once, so that its test split stays what it is. */
@Injectable()
export class DatasetsService {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly sweeper: ObjectSweeper,
  ) {}

  async find(tenantId: string, fileId: string, recipe: string): Promise<Dataset | undefined> {
    return (
      (await this.db.run(tenantId, (manager) => manager.findOneBy(DatasetEntity, { fileId, recipe }))) ?? undefined
    );
  }

  require(tenantId: string, id: string): Promise<Dataset> {
    return this.db.run(tenantId, (manager) => manager.findOneByOrFail(DatasetEntity, { id }));
  }

  /** The one of this recipe, should another process have been faster. */
  async create({ directory, ...facts }: NewDataset): Promise<Dataset> {
    const { tenantId, fileId, recipe } = facts;
    const id = randomUUID();
    const place = datasetPlace(tenantId, id);
    await this.sweeper.announceImport(place);
    try {
      const parts: Partial<Record<DatasetPart, StoredPart>> = {};
      for (const part of DATASET_PARTS) {
        const body = createReadStream(join(directory, `${part}.jsonl`));
        const { bytes, sha256 } = await this.store.put(`${place.prefix}${part}.jsonl`, body);
        parts[part] = { bytes, sha256 };
      }
      const dataset = { ...facts, id, parts, createdAt: new Date() };
      await this.db.run(tenantId, (manager) => this.insert(manager, dataset));
      return dataset;
    } catch (error) {
      const other = isViolation(error, 'unique') ? await this.find(tenantId, fileId, recipe) : undefined;
      if (other === undefined) throw error;
      return other;
    } finally {
      await this.sweeper.removeSoon(place); // nothing, once the row has taken the announcement back
    }
  }

  /** Puts parts of a data set into a directory, each as `PART.jsonl`. */
  async fetch({ tenantId, id }: Dataset, parts: readonly DatasetPart[], directory: string): Promise<void> {
    const { prefix } = datasetPlace(tenantId, id);
    for (const part of parts) {
      const body = await this.store.get(`${prefix}${part}.jsonl`);
      await pipeline(body, createWriteStream(join(directory, `${part}.jsonl`)));
    }
  }

  private async insert(manager: EntityManager, dataset: Dataset): Promise<void> {
    if (!(await this.sweeper.keep(manager, datasetPlace(dataset.tenantId, dataset.id)))) {
      throw new StorageError(`data set ${dataset.id}: expected its stored parts, found them removed meanwhile`);
    }
    await manager.insert(DatasetEntity, dataset as never); // TypeORM's partial of a json column is not its type
  }
}
