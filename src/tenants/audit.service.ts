import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { readPageRequest, toPage, wrongCursor, type Page, type PageRequest } from '../common/page.js';
import type { Row } from '../database/row.js';
import { TenantDb } from '../database/tenant-db.js';
import { AuditEntity } from './audit.entity.js';
import type { Actor } from './principal.js';

export interface AuditEntry {
  readonly id: string;
  readonly tenantId: string | undefined;
  readonly keyId: string | undefined;
  readonly requestId: string | undefined;
  readonly action: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

export interface AuditEvent {
  readonly tenantId?: string | undefined;
  /** `alias.move`, `key.revoke`: what it was done to, a dot, what was done. */
  readonly action: string;
  readonly target: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Who did what, to what, when. Rows are appended in the transaction of the deed, and never changed. */
@Injectable()
export class AuditService {
  constructor(private readonly db: TenantDb) {}

  async record(manager: EntityManager, event: AuditEvent, actor: Actor): Promise<void> {
    await manager.insert(AuditEntity, {
      tenantId: event.tenantId ?? null,
      keyId: actor.keyId ?? null,
      requestId: actor.requestId ?? null,
      action: event.action,
      target: event.target,
      details: (event.details ?? {}) as never, // TypeORM's partial of a record is not one
      at: new Date(),
    });
  }

  /** Newest first; of one tenant, or of all. */
  async list({ tenantId, ...request }: PageRequest & { tenantId?: string | undefined }): Promise<Page<AuditEntry>> {
    const { limit, after } = readPageRequest(request);
    if (after !== undefined && !/^\d{1,18}$/.test(after)) throw wrongCursor(after);
    const rows = await this.db.runAsAdmin((manager) => {
      const query = manager
        .createQueryBuilder(AuditEntity, 'a')
        .orderBy('a.id', 'DESC')
        .limit(limit + 1);
      if (tenantId !== undefined) query.andWhere('a.tenantId = :tenantId', { tenantId });
      if (after !== undefined) query.andWhere('a.id < :after', { after });
      return query.getMany();
    });
    return toPage(rows.map(toEntry), limit, ({ id }) => id);
  }
}

function toEntry(row: Row<AuditEntity>): AuditEntry {
  return {
    ...row,
    tenantId: row.tenantId ?? undefined,
    keyId: row.keyId ?? undefined,
    requestId: row.requestId ?? undefined,
  };
}
