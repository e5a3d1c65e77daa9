import { Injectable } from '@nestjs/common';
import { systemClock, type Clock } from '../common/clock.js';
import { NotFoundError, ValidationError } from '../common/errors.js';
import { TimedCache } from '../common/timed-cache.js';
import { isViolation } from '../database/constraint-violation.js';
import type { Row } from '../database/row.js';
import { TenantDb } from '../database/tenant-db.js';
import { AuditService } from './audit.service.js';
import type { Actor } from './principal.js';
import { QuotasEntity } from './quotas.entity.js';

/** What a tenant may use; null: without bound. */
export type Quotas = Readonly<Omit<Row<QuotasEntity>, 'tenantId'>>;

export const UNLIMITED: Quotas = {
  requestsPerSecond: null,
  tokensPerSecond: null,
  concurrentRequests: null,
  adapterBytes: null,
  adapterCount: null,
  fileBytes: null,
  trainingJobs: null,
  queuedJobs: null,
};

/** The largest count of a column. */
export const MAX_COUNT = 2 ** 31 - 1;

const RULES: Record<keyof Quotas, { min: number; max: number; isInteger: boolean }> = {
  requestsPerSecond: { min: Number.MIN_VALUE, max: Number.MAX_VALUE, isInteger: false },
  tokensPerSecond: { min: Number.MIN_VALUE, max: Number.MAX_VALUE, isInteger: false },
  concurrentRequests: { min: 1, max: MAX_COUNT, isInteger: true },
  adapterBytes: { min: 0, max: Number.MAX_SAFE_INTEGER, isInteger: true },
  adapterCount: { min: 0, max: MAX_COUNT, isInteger: true },
  fileBytes: { min: 0, max: Number.MAX_SAFE_INTEGER, isInteger: true },
  trainingJobs: { min: 0, max: MAX_COUNT, isInteger: true },
  queuedJobs: { min: 0, max: MAX_COUNT, isInteger: true },
};
/** How long another process may still go by the quotas before a change. */
const TTL_MS = 2_000;

@Injectable()
export class QuotasService {
  private readonly cached: TimedCache<Quotas>;

  constructor(
    private readonly db: TenantDb,
    private readonly audit: AuditService,
    clock: Clock = systemClock,
  ) {
    this.cached = new TimedCache({ ttlMs: TTL_MS, capacity: 10_000, clock });
  }

  get(tenantId: string): Promise<Quotas> {
    return this.cached.get(tenantId, async () => {
      const row = await this.db.run(tenantId, (manager) => manager.findOneBy(QuotasEntity, { tenantId }));
      return row ? withoutTenant(row) : UNLIMITED;
    });
  }

  /** Changes the bounds that are named and keeps the others. */
  async set(tenantId: string, changes: Partial<Quotas>, actor: Actor): Promise<Quotas> {
    expectQuotas(changes);
    try {
      const row = await this.db.runAsAdmin(async (manager) => {
        const before: Row<QuotasEntity> | null = await manager.findOneBy(QuotasEntity, { tenantId });
        const after = { ...UNLIMITED, ...before, ...changes, tenantId };
        await manager.save(QuotasEntity, after);
        await this.audit.record(manager, { tenantId, action: 'quotas.set', target: tenantId, details: changes }, actor);
        return after;
      });
      return withoutTenant(row);
    } catch (error) {
      if (!isViolation(error, 'foreignKey')) throw error;
      throw new NotFoundError(`tenant: expected the id of one, got ${tenantId}`, { param: 'tenant' });
    } finally {
      this.cached.clear(tenantId);
    }
  }
}

function withoutTenant({ tenantId: _tenantId, ...quotas }: Row<QuotasEntity>): Quotas {
  return quotas;
}

function expectQuotas(changes: Partial<Quotas>): void {
  for (const [name, value] of Object.entries(changes)) {
    const rule = (RULES as Record<string, { min: number; max: number; isInteger: boolean } | undefined>)[name];
    const isRight =
      rule &&
      (value === null ||
        (value >= rule.min &&
          value <= rule.max &&
          (rule.isInteger ? Number.isSafeInteger(value) : Number.isFinite(value))));
    if (isRight) continue;
    const expected = rule
      ? `null or ${rule.isInteger ? 'an integer' : 'a number'} from ${rule.min} to ${rule.max}`
      : `one of ${Object.keys(RULES).join(', ')}`;
    throw new ValidationError(`quotas: ${name}: expected ${expected}, got ${String(value)}`, { param: name });
  }
}
