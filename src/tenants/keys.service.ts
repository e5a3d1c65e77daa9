import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { ConflictError, NotFoundError, ValidationError } from '../common/errors.js';
import { isPlainText } from '../common/text.js';
import { isUuid } from '../common/uuid.js';
import { isViolation } from '../database/constraint-violation.js';
import type { Row } from '../database/row.js';
import { TenantDb } from '../database/tenant-db.js';
import { toApiKey, type ApiKey } from './api-key.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { AuditService } from './audit.service.js';
import { Authenticator } from './authenticator.js';
import { createSecret, hashSecret, hintOf } from './key-secret.js';
import type { Actor, Principal } from './principal.js';
import { ROLES, type Role } from './roles.js';

const MAX_LABEL = 100;

export interface NewKey {
  /** Absent exactly for the role `admin`. */
  readonly tenantId?: string | undefined;
  readonly role: Role;
  readonly label: string;
  readonly expiresAt?: Date | undefined;
}

/** Keys of tenants and of the admin. A tenant may hold several, so a new one can be in use before the old is revoked. */
@Injectable()
export class KeysService {
  constructor(
    private readonly db: TenantDb,
    private readonly audit: AuditService,
    private readonly authenticator: Authenticator,
  ) {}

  /** The secret is in the answer and nowhere else. */
  async create(newKey: NewKey, actor: Actor): Promise<{ key: ApiKey; secret: string }> {
    expectNewKey(newKey);
    const secret = createSecret();
    const row: Row<ApiKeyEntity> = {
      id: randomUUID(),
      tenantId: newKey.tenantId ?? null,
      role: newKey.role,
      label: newKey.label,
      hash: hashSecret(secret)!,
      hint: hintOf(secret),
      createdAt: new Date(),
      expiresAt: newKey.expiresAt ?? null,
      revokedAt: null,
      lastUsedAt: null,
    };
    try {
      await this.inScope(newKey.tenantId, (manager) => this.insert(manager, row, actor));
    } catch (error) {
      if (!isViolation(error, 'foreignKey')) throw error;
      throw new NotFoundError(`tenant: expected the id of one, got ${String(newKey.tenantId)}`, { param: 'tenant' });
    }
    return { key: toApiKey(row), secret };
  }

  /** Oldest first, revoked ones too; without a tenant, the admin keys. */
  async list(tenantId: string | undefined): Promise<ApiKey[]> {
    const rows = await this.inScope(tenantId, (manager) =>
      manager.find(ApiKeyEntity, { where: { tenantId: tenantId ?? IsNull() }, order: { createdAt: 'ASC', id: 'ASC' } }),
    );
    return rows.map(toApiKey);
  }

  /** Of one tenant, as that tenant; or, without a tenant, any key. The last admin key that works is kept. */
  async revoke({ keyId, tenantId }: { keyId: string; tenantId?: string | undefined }, actor: Actor): Promise<ApiKey> {
    const row = await this.inScope(tenantId, async (manager) => {
      const key: Row<ApiKeyEntity> | null = isUuid(keyId) ? await manager.findOneBy(ApiKeyEntity, { id: keyId }) : null;
      if (!key) throw new NotFoundError(`key: expected the id of one, got ${keyId.slice(0, 50)}`, { param: 'key' });
      if (key.revokedAt) return key;
      if (key.role === 'admin') await expectAnotherAdminKey(manager, key);
      const revokedAt = new Date();
      await manager.update(ApiKeyEntity, { id: keyId }, { revokedAt });
      const target = { tenantId: key.tenantId ?? undefined, target: `${key.label} (${key.hint})` };
      await this.audit.record(manager, { ...target, action: 'key.revoke', details: { key: keyId } }, actor);
      return { ...key, revokedAt };
    });
    this.authenticator.forgetCached();
    return toApiKey(row);
  }

  /** See `Authenticator.authenticate`. */
  authenticate(secret: string): Promise<Principal> {
    return this.authenticator.authenticate(secret);
  }

  forgetCached(): void {
    this.authenticator.forgetCached();
  }

  private async insert(manager: EntityManager, row: Row<ApiKeyEntity>, actor: Actor): Promise<void> {
    await manager.insert(ApiKeyEntity, row);
    const target = { tenantId: row.tenantId ?? undefined, target: `${row.label} (${row.hint})` };
    await this.audit.record(
      manager,
      { ...target, action: 'key.create', details: { key: row.id, role: row.role } },
      actor,
    );
  }

  private inScope<T>(tenantId: string | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return tenantId === undefined ? this.db.runAsAdmin(work) : this.db.run(tenantId, work);
  }
}

function expectNewKey({ role, tenantId, label, expiresAt }: NewKey): void {
  if (!ROLES.includes(role)) {
    throw new ValidationError(`role: expected one of ${ROLES.join(', ')}, got ${role}`, { param: 'role' });
  }
  if ((role === 'admin') !== (tenantId === undefined)) {
    throw new ValidationError(`role: expected admin exactly without a tenant, got ${role}`, { param: 'role' });
  }
  if (label.length < 1 || label.length > MAX_LABEL) {
    throw new ValidationError(`label: expected 1 to ${MAX_LABEL} characters, got ${label.length}`, { param: 'label' });
  }
  if (!isPlainText(label)) {
    throw new ValidationError(`label: expected no control characters, got ${JSON.stringify(label)}`, {
      param: 'label',
    });
  }
  if (expiresAt && !(expiresAt.getTime() > Date.now())) {
    throw new ValidationError(`expires_at: expected a time to come, got ${String(expiresAt)}`, { param: 'expires_at' });
  }
}

async function expectAnotherAdminKey(manager: EntityManager, key: Row<ApiKeyEntity>): Promise<void> {
  // Locks them all, in one order, so that two admins cannot revoke each other's at once.
  const working = await manager.query<{ id: string }[]>(
    "select id from api_keys where role = 'admin' and revoked_at is null and (expires_at is null or expires_at > now()) order by id for update",
  );
  if (working.every(({ id }) => id === key.id)) {
    throw new ConflictError(`key ${key.hint}: expected another admin key before this one is revoked, found none`, {
      code: 'last_admin_key',
    });
  }
}
