import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Digest } from '../common/digest.js';
import { ConflictError, NotFoundError } from '../common/errors.js';
import { AuditService } from '../tenants/audit.service.js';
import type { Actor } from '../tenants/principal.js';
import { AdapterAliasEntity } from './adapter-alias.entity.js';
import type { AdapterRow } from './adapter.entity.js';
import { isAliasName } from '../composition/member.js';

export interface AliasMove {
  readonly adapter: AdapterRow;
  readonly alias: string;
  readonly digest: Digest;
  /** What it must point at now: a digest, null for nothing yet; absent: whatever. */
  readonly expected?: Digest | null | undefined;
}

/** Moves aliases, each with its audit row, in a transaction of the caller. */
@Injectable()
export class Aliases {
  constructor(private readonly audit: AuditService) {}

  /** Two moves of one alias take turns; the second sees the first. */
  async move(manager: EntityManager, { adapter, alias, digest, expected }: AliasMove, actor: Actor): Promise<void> {
    const { id: adapterId, tenantId, name } = adapter;
    await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`alias ${adapterId} ${alias}`]);
    const before = (await manager.findOneBy(AdapterAliasEntity, { adapterId, name: alias }))?.digest ?? null;
    if (expected !== undefined && before !== expected) {
      throw new ConflictError(
        `alias ${name}@${alias}: expected it at ${expected ?? 'nothing'}, found ${before ?? 'nothing'}`,
        {
          code: 'alias_moved',
          param: 'expected',
        },
      );
    }
    if (before === digest) return;
    await manager.upsert(AdapterAliasEntity, { adapterId, name: alias, tenantId, digest, movedAt: new Date() }, [
      'adapterId',
      'name',
    ]);
    const event = { tenantId, target: `${name}@${alias}`, details: { from: before, to: digest } };
    await this.audit.record(manager, { ...event, action: 'alias.move' }, actor);
  }

  async has(manager: EntityManager, { id: adapterId }: AdapterRow, alias: string): Promise<boolean> {
    return manager.existsBy(AdapterAliasEntity, { adapterId, name: alias });
  }

  async delete(manager: EntityManager, { id: adapterId, tenantId, name }: AdapterRow, alias: string, actor: Actor) {
    const row = isAliasName(alias) && (await manager.findOneBy(AdapterAliasEntity, { adapterId, name: alias }));
    if (!row) {
      throw new NotFoundError(`alias: expected one of ${name}, got ${JSON.stringify(alias.slice(0, 160))}`, {
        code: 'alias_not_found',
        param: 'alias',
      });
    }
    await manager.delete(AdapterAliasEntity, { adapterId, name: alias });
    const event = { tenantId, target: `${name}@${alias}`, details: { from: row.digest, to: null } };
    await this.audit.record(manager, { ...event, action: 'alias.delete' }, actor);
  }
}
