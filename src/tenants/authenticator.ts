import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { systemClock, type Clock } from '../common/clock.js';
import { ForbiddenError, UnauthenticatedError } from '../common/errors.js';
import { TimedCache } from '../common/timed-cache.js';
import { TenantDb } from '../database/tenant-db.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { hashSecret } from './key-secret.js';
import type { Principal } from './principal.js';
import { TenantEntity } from './tenant.entity.js';

/** How long another process may still accept a key after it was revoked; this one forgets it at once. */
const TTL_MS = 2_000;
const CAPACITY = 10_000;
/** last_used_at is written at most this often. */
const USE_SAMPLE_MS = 60_000;

interface KnownKey {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/** Tells who shows a secret. */
@Injectable()
export class Authenticator {
  private readonly known: TimedCache<KnownKey>;

  constructor(
    private readonly db: TenantDb,
    private readonly clock: Clock = systemClock,
  ) {
    this.known = new TimedCache({ ttlMs: TTL_MS, capacity: CAPACITY, clock });
  }

  /**
   * @throws UnauthenticatedError  for a secret that is malformed, unknown, revoked or expired, all in the same words
   * @throws ForbiddenError `tenant_suspended`
   */
  async authenticate(secret: string): Promise<Principal> {
    const hash = hashSecret(secret);
    if (!hash) throw refused();
    const { principal, expiresAtMs } = await this.known.get(hash.toString('hex'), () => this.load(hash));
    if (expiresAtMs <= this.clock()) throw refused();
    return principal;
  }

  /** Looks every key up again. */
  forgetCached(): void {
    this.known.clear();
  }

  private async load(hash: Buffer): Promise<KnownKey> {
    const key = await this.db.runWithKeyHash(hash.toString('hex'), (manager) =>
      manager.findOneBy(ApiKeyEntity, { hash }),
    );
    if (!key || !timingSafeEqual(key.hash, hash) || key.revokedAt) throw refused();
    const expiresAtMs = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (expiresAtMs <= this.clock()) throw refused();
    const { id: keyId, role } = key;
    const tenantId = key.tenantId ?? undefined;
    if (tenantId === undefined) await this.db.runAsAdmin((manager) => this.noteUse(manager, key));
    else await this.db.run(tenantId, (manager) => this.enter(manager, key, tenantId));
    return { principal: { keyId, role, tenantId }, expiresAtMs };
  }

  private async enter(manager: EntityManager, key: ApiKeyEntity, tenantId: string): Promise<void> {
    const tenant = await manager.findOneBy(TenantEntity, { id: tenantId });
    if (!tenant) throw refused();
    if (tenant.isSuspended) {
      throw new ForbiddenError(`tenant ${tenant.name}: expected one that is not suspended`, {
        code: 'tenant_suspended',
      });
    }
    await this.noteUse(manager, key);
  }

  private async noteUse(manager: EntityManager, { id, lastUsedAt }: ApiKeyEntity): Promise<void> {
    const now = this.clock();
    if (lastUsedAt && now - lastUsedAt.getTime() < USE_SAMPLE_MS) return;
    await manager.update(ApiKeyEntity, { id }, { lastUsedAt: new Date(now) });
  }
}

function refused(): UnauthenticatedError {
  return new UnauthenticatedError('api key: expected one that is known, not revoked and not expired');
}
