import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { CancelledError } from '../../common/errors.js';
import { TenantDb } from '../../database/tenant-db.js';
import { JobNotices } from '../job-notices.js';
import { LEASE_SECONDS, RowClaims, type Claim } from '../row-claims.js';
import { EvaluationEntity, type Evaluation } from './evaluation.entity.js';

/** The turn of the tenant with the fewest under way; within a tenant, of the one that waits longest. */
const CLAIMABLE = `
  with busy as (
    select tenant_id, count(*) as runs from evaluations
    where status = 'running' and lease_until > now() group by tenant_id
  )
  select evaluation.id, evaluation.tenant_id from evaluations evaluation
  join tenants on tenants.id = evaluation.tenant_id and not tenants.is_suspended
  left join busy on busy.tenant_id = evaluation.tenant_id
  where evaluation.status in ('queued', 'running') and (lease_until is null or lease_until < now())
  order by coalesce(busy.runs, 0), evaluation.created_at, evaluation.id limit $1`;

const TAKE = `
  update evaluations set
    claim_id = $2, lease_until = now() + make_interval(secs => ${LEASE_SECONDS}),
    failures = failures + (claim_id is not null)::integer,
    started_at = coalesce(started_at, now()), status = 'running', progress = null
  where id = $1 and status in ('queued', 'running') and (lease_until is null or lease_until < now()) returning id`;

/** Who works on which evaluation; a claim's `jobId` is the evaluation's. */
@Injectable()
export class EvaluationClaims extends RowClaims<Evaluation> {
  constructor(db: TenantDb, notices: JobNotices) {
    super(db, notices, 'evaluations', EvaluationEntity);
  }

  /** Takes the next one, of whatever tenant; claims of all processes take turns. */
  async take(): Promise<Claim | undefined> {
    const claim = await this.db.runAsAdmin<Claim | 'changed' | undefined>(async (manager) => {
      await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', ['evaluation claims']);
      const [next] = await claimable(manager, 1);
      if (next === undefined) return undefined;
      const taken = { claimId: randomUUID(), jobId: next.id, tenantId: next.tenant_id };
      const [rows] = await manager.query<[unknown[], number]>(TAKE, [taken.jobId, taken.claimId]);
      return rows.length === 1 ? taken : 'changed';
    });
    return claim === 'changed' ? this.take() : claim; // a caller was faster than we
  }

  /** How many could be taken now, up to `most`. */
  count(most: number): Promise<number> {
    return this.db.runAsAdmin(async (manager) => (await claimable(manager, most)).length);
  }

  /** Changes the claimed evaluation. @throws CancelledError when the claim is lost, or it is no longer open */
  async change({ tenantId, jobId: id, claimId }: Claim, set: Partial<Evaluation>): Promise<void> {
    const where = { id, claimId, status: In(['queued', 'running']) };
    const { affected } = await this.db.run(tenantId, (manager) =>
      manager.update(EvaluationEntity, where, set as never),
    );
    if (affected !== 1) throw new CancelledError(`evaluation ${id}: expected it open and claimed, found it changed`);
    this.notices.tell(id);
  }
}

function claimable(manager: EntityManager, most: number): Promise<{ id: string; tenant_id: string }[]> {
  return manager.query(CLAIMABLE, [most]);
}
