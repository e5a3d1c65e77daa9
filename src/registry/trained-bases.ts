import { Inject, Injectable } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import { TimedCache } from '../common/timed-cache.js';
import { TenantDb } from '../database/tenant-db.js';
import type { AdapterVersion } from './adapter-version.js';
import { ADAPTER_COMPILER, type AdapterCompiler } from './ports.js';
import { VersionLineageEntity } from './version-lineage.entity.js';

/** What a version was made from never changes; this bounds only how long it stays in memory. */
const TTL_MS = 3_600_000;
const CAPACITY = 50_000;

/** Which bases the versions of jobs were trained on, each asked once. An import says of none. */
@Injectable()
export class TrainedBases {
  private readonly known = new TimedCache<string | undefined>({
    ttlMs: TTL_MS,
    capacity: CAPACITY,
    clock: systemClock,
  });

  constructor(
    private readonly db: TenantDb,
    @Inject(ADAPTER_COMPILER) private readonly compiler: Pick<AdapterCompiler, 'baseDigest'>,
  ) {}

  /**
   * @param member  as its tenant names it
   * @param at      its place in the request
   * @throws IncompatibleAdapterError `wrong_base`  for a version that was trained on another base than this process serves
   */
  async expectOwn(tenantId: string, version: AdapterVersion, { member, at }: { member: string; at: string }) {
    const { adapterId, digest } = version;
    const trainedOn = await this.known.get(`${adapterId}@${digest}`, async () => {
      const where = { adapterId, digest };
      const lineage = await this.db.run(tenantId, (manager) => manager.findOneBy(VersionLineageEntity, where));
      return lineage?.baseDigest.replace(/^sha256:/, '');
    });
    if (trainedOn === undefined || trainedOn === this.compiler.baseDigest) return;
    const rule = `${at}: expected members of the base ${this.compiler.baseDigest}`;
    throw new IncompatibleAdapterError(`${rule}, got ${member}, trained on ${trainedOn}`, {
      ...{ code: 'wrong_base', param: at },
    });
  }
}
