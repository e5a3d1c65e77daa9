import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConflictError, NotFoundError, ValidationError } from '../common/errors.js';
import { readPageRequest, toPage, type Page, type PageRequest } from '../common/page.js';
import { isUuid } from '../common/uuid.js';
import { isViolation } from '../database/constraint-violation.js';
import { TenantDb } from '../database/tenant-db.js';
import { AuditService } from './audit.service.js';
import { KeysService } from './keys.service.js';
import type { Actor } from './principal.js';
import { TenantEntity, type Tenant } from './tenant.entity.js';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

@Injectable()
export class TenantsService {
  constructor(
    private readonly db: TenantDb,
    private readonly audit: AuditService,
    private readonly keys: KeysService,
  ) {}

  async create({ name }: { name: string }, actor: Actor): Promise<Tenant> {
    if (!NAME.test(name)) {
      throw new ValidationError(`name: expected 1 to 63 of a-z, 0-9 and -, not - first, got ${name.slice(0, 80)}`, {
        param: 'name',
      });
    }
    const tenant = { id: randomUUID(), name, isSuspended: false, createdAt: new Date() };
    try {
      await this.db.runAsAdmin(async (manager) => {
        await manager.insert(TenantEntity, tenant);
        await this.audit.record(manager, { tenantId: tenant.id, action: 'tenant.create', target: name }, actor);
      });
    } catch (error) {
      if (!isViolation(error, 'unique')) throw error;
      throw new ConflictError(`name: expected one that no tenant has, got ${name}`, { param: 'name', cause: error });
    }
    return tenant;
  }

  /** In order of name. */
  async list(request: PageRequest): Promise<Page<Tenant>> {
    const { limit, after } = readPageRequest(request);
    const rows = await this.db.runAsAdmin((manager) => {
      const query = manager
        .createQueryBuilder(TenantEntity, 't')
        .orderBy('t.name')
        .limit(limit + 1);
      if (after !== undefined) query.where('t.name > :after', { after });
      return query.getMany();
    });
    return toPage(rows, limit, ({ name }) => name);
  }

  async require(id: string): Promise<Tenant> {
    return this.db.runAsAdmin((manager) => requireTenant(manager, id));
  }

  async findByName(name: string): Promise<Tenant | undefined> {
    return (await this.db.runAsAdmin((manager) => manager.findOneBy(TenantEntity, { name }))) ?? undefined;
  }

  /** A suspended tenant's keys are refused until it is resumed. */
  async setSuspended(id: string, isSuspended: boolean, actor: Actor): Promise<Tenant> {
    const tenant = await this.db.runAsAdmin(async (manager) => {
      const before = await requireTenant(manager, id);
      await manager.update(TenantEntity, { id }, { isSuspended });
      const action = isSuspended ? 'tenant.suspend' : 'tenant.resume';
      await this.audit.record(manager, { tenantId: id, action, target: before.name }, actor);
      return { ...before, isSuspended };
    });
    this.keys.forgetCached();
    return tenant;
  }

  /** With its keys and quotas; refused while it has adapters or files. */
  async delete(id: string, actor: Actor): Promise<void> {
    try {
      await this.db.runAsAdmin(async (manager) => {
        const { name } = await requireTenant(manager, id);
        await manager.delete(TenantEntity, { id });
        await this.audit.record(manager, { tenantId: id, action: 'tenant.delete', target: name }, actor);
      });
    } catch (error) {
      if (!isViolation(error, 'foreignKey')) throw error;
      throw new ConflictError(`tenant ${id}: expected no adapters and files before it is deleted, found some`, {
        cause: error,
      });
    }
    this.keys.forgetCached();
  }
}

async function requireTenant(manager: EntityManager, id: string): Promise<Tenant> {
  const tenant = isUuid(id) ? await manager.findOneBy(TenantEntity, { id }) : null;
  if (!tenant) throw new NotFoundError(`tenant: expected the id of one, got ${id.slice(0, 50)}`, { param: 'tenant' });
  return tenant;
}
