import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { In, IsNull, type EntityManager } from 'typeorm';
import type { Digest } from '../../common/digest.js';
import { NotFoundError, ValidationError } from '../../common/errors.js';
import type { Page } from '../../common/page.js';
import { fromPublicId } from '../../common/public-id.js';
import { isUuid } from '../../common/uuid.js';
import { isViolation } from '../../database/constraint-violation.js';
import { TenantDb } from '../../database/tenant-db.js';
import { AuditService } from '../../tenants/audit.service.js';
import type { Actor } from '../../tenants/principal.js';
import { TenantEntity } from '../../tenants/tenant.entity.js';
import type { AdapterRow } from '../adapter.entity.js';
import { AdapterVersionEntity } from '../adapter-version.entity.js';
import { requireAdapter, requireVersion } from '../registry-queries.js';
import { timePage, type TimePageRequest } from '../time-page.js';
import { GrantEntity, type Grant } from './grant.entity.js';

export interface NewGrant {
  /** Name of an adapter of the owner. */
  readonly adapter: string;
  /** The one version that is granted; absent: every one. */
  readonly digest?: Digest | undefined;
  /** Id of the tenant that may compose it. Tenants are not told each other's names. */
  readonly granteeId: string;
}

/**
 * What tenants let others compose. A grant is looked up for every request that uses it, never remembered, so that a
 * request that comes after `revoke` has returned is refused.
 */
@Injectable()
export class GrantsService {
  constructor(
    private readonly db: TenantDb,
    private readonly audit: AuditService,
  ) {}

  /** The grant that is there already, where it says the same. */
  async create(tenantId: string, { adapter, digest, granteeId }: NewGrant, actor: Actor): Promise<Grant> {
    expectOther(tenantId, granteeId);
    try {
      return await this.db.run(tenantId, async (manager) => {
        const { id: adapterId, name: adapterName } = await this.requireGrantable(manager, adapter, digest);
        const same = { adapterId, granteeId, digest: digest ?? IsNull() };
        const known = await manager.findOneBy(GrantEntity, same);
        if (known) return known;
        const { name: tenantName } = await manager.findOneByOrFail(TenantEntity, { id: tenantId });
        const place = { tenantId, tenantName, adapterId, adapterName };
        const grant: Grant = { id: randomUUID(), ...place, digest: digest ?? null, granteeId, createdAt: new Date() };
        await manager.insert(GrantEntity, grant);
        await this.record(manager, 'grant.create', grant, actor);
        return grant;
      });
    } catch (error) {
      if (!isViolation(error, 'foreignKey')) throw error;
      throw unknownTenant(granteeId);
    }
  }

  /** Those of a tenant, newest first. */
  given(tenantId: string, request: TimePageRequest): Promise<Page<Grant>> {
    return this.db.run(tenantId, (manager) =>
      timePage(manager, GrantEntity, {
        ...request,
        kind: 'grant',
        narrow: (query) => query.andWhere('row.tenantId = :tenantId', { tenantId }),
      }),
    );
  }

  /** What a tenant was given of adapters of these names, whoever has them. */
  received(granteeId: string, adapterNames: readonly string[]): Promise<readonly Grant[]> {
    return this.db.run(granteeId, (manager) =>
      manager.findBy(GrantEntity, { granteeId, adapterName: In([...new Set(adapterNames)]) }),
    );
  }

  /** Those of every tenant, or those that one tenant gave or was given. */
  all({ tenantId, ...request }: TimePageRequest & { tenantId?: string | undefined }): Promise<Page<Grant>> {
    return this.db.runAsAdmin((manager) =>
      timePage(manager, GrantEntity, {
        ...request,
        kind: 'grant',
        narrow: (query) =>
          tenantId === undefined
            ? query
            : query.andWhere('(row.tenantId = :tenantId or row.granteeId = :tenantId)', { tenantId }),
      }),
    );
  }

  /** By its owner; @throws NotFoundError `grant_not_found`  also for one that was given to it */
  revoke(tenantId: string, grantId: string, actor: Actor): Promise<Grant> {
    return this.db.run(tenantId, async (manager) => {
      const grant = await requireGrant(manager, grantId);
      if (grant.tenantId !== tenantId) throw grantNotFound(grantId);
      return this.delete(manager, grant, actor);
    });
  }

  revokeAny(grantId: string, actor: Actor): Promise<Grant> {
    return this.db.runAsAdmin(async (manager) => this.delete(manager, await requireGrant(manager, grantId), actor));
  }

  private async requireGrantable(
    manager: EntityManager,
    name: string,
    digest: Digest | undefined,
  ): Promise<AdapterRow> {
    const adapter = await requireAdapter(manager, name);
    if (digest !== undefined) await requireVersion(manager, adapter, digest);
    const versions = manager
      .createQueryBuilder(AdapterVersionEntity, 'v')
      .where("v.adapterId = :id and coalesce(v.summary->>'kind', '') <> 'composition'", { id: adapter.id });
    if (digest !== undefined) versions.andWhere('v.digest = :digest', { digest });
    if (await versions.getExists()) return adapter;
    throw new ValidationError(`adapter: expected an adapter, got ${name}, a composition: grant its members`, {
      param: 'adapter',
    });
  }

  private async delete(manager: EntityManager, grant: Grant, actor: Actor): Promise<Grant> {
    await manager.delete(GrantEntity, { id: grant.id });
    await this.record(manager, 'grant.revoke', grant, actor);
    return grant;
  }

  private record(manager: EntityManager, action: string, grant: Grant, actor: Actor): Promise<void> {
    const { tenantId, adapterName, digest, granteeId } = grant;
    const target = digest === null ? adapterName : `${adapterName}@${digest}`;
    return this.audit.record(manager, { tenantId, action, target, details: { tenant: granteeId } }, actor);
  }
}

async function requireGrant(manager: EntityManager, grantId: string): Promise<Grant> {
  const id = fromPublicId('grant', grantId);
  const grant = id === undefined ? null : await manager.findOneBy(GrantEntity, { id });
  if (grant) return grant;
  throw grantNotFound(grantId);
}

function grantNotFound(grantId: string): NotFoundError {
  return new NotFoundError(`grant: expected the id of one of yours, got ${JSON.stringify(grantId.slice(0, 80))}`, {
    code: 'grant_not_found',
    param: 'grant',
  });
}

function expectOther(tenantId: string, granteeId: string): void {
  if (!isUuid(granteeId)) throw unknownTenant(granteeId);
  if (granteeId.toLowerCase() !== tenantId.toLowerCase()) return;
  throw new ValidationError('tenant: expected another one, for what is your own needs no grant', { param: 'tenant' });
}

function unknownTenant(granteeId: string): NotFoundError {
  return new NotFoundError(`tenant: expected the id of one, got ${JSON.stringify(granteeId.slice(0, 80))}`, {
    param: 'tenant',
  });
}
