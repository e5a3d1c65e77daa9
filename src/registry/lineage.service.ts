import { Injectable } from '@nestjs/common';
import type { Digest } from '../common/digest.js';
import { NotFoundError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { DatasetEntity, type Dataset } from './dataset.entity.js';
import { requireAdapter, requireVersion } from './registry-queries.js';
import { VersionLineageEntity, type VersionLineage } from './version-lineage.entity.js';

export interface Lineage extends VersionLineage {
  /** Of the data set, while it is kept. */
  readonly card: Dataset['card'] | null;
}

/** What the versions that jobs made were made from. */
@Injectable()
export class LineageService {
  constructor(private readonly db: TenantDb) {}

  /** @throws NotFoundError `lineage_not_found`  for a version that was imported */
  require(tenantId: string, name: string, digest: Digest): Promise<Lineage> {
    return this.db.run(tenantId, async (manager) => {
      const adapter = await requireAdapter(manager, name);
      await requireVersion(manager, adapter, digest);
      const lineage: VersionLineage | null = await manager.findOneBy(VersionLineageEntity, {
        adapterId: adapter.id,
        digest,
      });
      if (!lineage) {
        throw new NotFoundError(`lineage: expected a version that a job made, got ${name}@${digest}, an import`, {
          code: 'lineage_not_found',
          param: 'version',
        });
      }
      const { datasetDigest } = lineage;
      const dataset = datasetDigest && (await manager.findOneBy(DatasetEntity, { digest: datasetDigest }));
      return { ...lineage, card: dataset ? dataset.card : null };
    });
  }
}
