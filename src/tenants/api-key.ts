import type { Row } from '../database/row.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import type { Role } from './roles.js';

/** A key as its owner may see it: never the secret, nor its hash. */
export interface ApiKey {
  readonly id: string;
  readonly tenantId: string | undefined;
  readonly role: Role;
  readonly label: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** Within the last minute of use. */
  readonly lastUsedAt: Date | undefined;
}

export function toApiKey({ hash: _hash, ...row }: Row<ApiKeyEntity>): ApiKey {
  return {
    ...row,
    tenantId: row.tenantId ?? undefined,
    expiresAt: row.expiresAt ?? undefined,
    revokedAt: row.revokedAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
  };
}
