import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConflictError } from '../common/errors.js';
import { isViolation } from '../database/constraint-violation.js';
import { TenantDb } from '../database/tenant-db.js';
import { AuditService } from '../tenants/audit.service.js';
import type { Actor } from '../tenants/principal.js';
import { AdapterAliasEntity } from './adapter-alias.entity.js';
import { AdapterVersionEntity, type VersionRow } from './adapter-version.entity.js';
import { AdapterEntity } from './adapter.entity.js';
import { findUse } from './compositions/member-use.js';
import { ModelResolver } from './model-resolver.js';
import { ObjectSweeper } from './object-sweeper.js';
import type { Digest } from '../common/digest.js';
import { LEASES, type Leases } from './ports.js';
import { requireAdapter, requireVersion } from './registry-queries.js';

/** Deletes versions and adapters: first the rows, in one transaction with the announcement of their objects' removal. */
@Injectable()
export class RemovalService {
  constructor(
    private readonly db: TenantDb,
    private readonly audit: AuditService,
    private readonly sweeper: ObjectSweeper,
    private readonly resolver: ModelResolver,
    @Inject(LEASES) private readonly leases: Leases,
  ) {}

  /** @throws ConflictError `version_in_use`  while an alias points at it, a composition or a request needs it */
  async deleteVersion(tenantId: string, name: string, digest: Digest, actor: Actor): Promise<void> {
    await this.remove(tenantId, async (manager) => {
      const adapter = await requireAdapter(manager, name);
      const version = await requireVersion(manager, adapter, digest);
      const [alias] = await manager.findBy(AdapterAliasEntity, { adapterId: adapter.id, digest });
      if (alias) throw inUse(`${name}@${digest}`, `alias ${alias.name}`);
      await expectUnused(manager, name, [version], { isWhole: false });
      await this.deleteVersions(manager, name, [version]);
      await this.audit.record(manager, { tenantId, action: 'version.delete', target: `${name}@${digest}` }, actor);
      return [version];
    });
  }

  /** With its aliases and versions; @throws ConflictError `version_in_use`  while a composition or a request needs one */
  async deleteAdapter(tenantId: string, name: string, actor: Actor): Promise<void> {
    await this.remove(tenantId, async (manager) => {
      const { id: adapterId } = await requireAdapter(manager, name);
      const versions = await manager.findBy(AdapterVersionEntity, { adapterId });
      await expectUnused(manager, name, versions, { isWhole: true });
      versions.sort(byComposition);
      await manager.delete(AdapterAliasEntity, { adapterId });
      await this.deleteVersions(manager, name, versions);
      await manager.delete(AdapterEntity, { id: adapterId });
      const details = { versions: versions.map(({ digest }) => digest) };
      await this.audit.record(manager, { tenantId, action: 'adapter.delete', target: name, details }, actor);
      return versions;
    });
  }

  private async remove(tenantId: string, work: (manager: EntityManager) => Promise<VersionRow[]>): Promise<void> {
    const versions = await this.db.run(tenantId, work).catch((error: unknown) => {
      if (!isViolation(error, 'foreignKey')) throw error;
      throw inUse('version', 'an alias or a version made meanwhile'); // since this transaction looked
    });
    this.resolver.forget(tenantId);
    for (const version of versions) await this.sweeper.removeSoon(version);
  }

  private async deleteVersions(manager: EntityManager, name: string, versions: readonly VersionRow[]): Promise<void> {
    for (const version of versions) {
      const { tenantId, adapterId, digest } = version;
      if (this.leases.isLeased(tenantId, digest)) throw inUse(`${name}@${digest}`, 'a request under way');
      await manager.delete(AdapterVersionEntity, { adapterId, digest });
      await this.sweeper.announceRemoval(manager, version);
    }
  }
}

async function expectUnused(
  manager: EntityManager,
  name: string,
  versions: readonly VersionRow[],
  options: { isWhole: boolean },
): Promise<void> {
  const user = await findUse(manager, versions, options);
  const [first] = versions;
  if (user !== undefined) throw inUse(options.isWhole ? name : `${name}@${first?.digest}`, user);
}

/** Compositions first: their members may be other versions of the same adapter. */
function byComposition({ summary: a }: VersionRow, { summary: b }: VersionRow): number {
  return Number(b.kind === 'composition') - Number(a.kind === 'composition');
}

function inUse(what: string, holder: string): ConflictError {
  return new ConflictError(`${what}: expected nothing to hold it before it is deleted, found ${holder}`, {
    code: 'version_in_use',
  });
}
