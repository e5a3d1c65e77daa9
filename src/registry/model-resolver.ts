import { systemClock, type Clock } from '../common/clock.js';
import { TimedCache } from '../common/timed-cache.js';
import type { TenantDb } from '../database/tenant-db.js';
import type { ModelRef } from './adapter-version.js';
import { modelNotFound, parseModelName, type ModelName } from './model-name.js';
import { findNamedVersion } from './registry-queries.js';

const CAPACITY = 50_000;
/** How long an alias moved by another process may still be seen at its old version. */
const SHARED_TTL_MS = 1_000;
/** Where no other process can move one; bounds only how long an unused name stays in memory. */
const ALONE_TTL_MS = 600_000;

/** Finds what a tenant's model names mean, and remembers it. */
export class ModelResolver {
  private readonly known: TimedCache<ModelRef>;

  /** @param isAlone  no other process changes the database */
  constructor(
    private readonly db: TenantDb,
    { isAlone, clock = systemClock }: { isAlone: boolean; clock?: Clock },
  ) {
    this.known = new TimedCache({ ttlMs: isAlone ? ALONE_TTL_MS : SHARED_TTL_MS, capacity: CAPACITY, clock });
  }

  /** @throws NotFoundError `model_not_found`  also for what is malformed or another tenant's */
  async resolve(tenantId: string, model: string): Promise<ModelRef> {
    const name = parseModelName(model);
    if (!name) throw modelNotFound(model);
    if (name.kind === 'base') return { kind: 'base' };
    return this.known.get(`${tenantId}/${model}`, () => this.load(tenantId, model, name));
  }

  /** Looks a tenant's names up again, after one of them was moved or deleted. */
  forget(tenantId: string): void {
    this.known.clear(`${tenantId}/`);
  }

  private async load(tenantId: string, model: string, name: Exclude<ModelName, { kind: 'base' }>): Promise<ModelRef> {
    const version = await this.db.run(tenantId, (manager) => findNamedVersion(manager, name));
    if (!version) throw modelNotFound(model);
    return { kind: 'adapter', version, alias: name.kind === 'alias' ? name.alias : undefined };
  }
}
