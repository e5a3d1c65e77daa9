import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { CancelledError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { FineTuningJobEntity, type FineTuningJob } from './fine-tuning-job.entity.js';
import { appendEvents, type NewJobEvent } from './job-events.js';
import { JobNotices } from './job-notices.js';
import type { JobStatus } from './job-status.js';
import { LEASE_SECONDS, RowClaims, type Claim } from './row-claims.js';

export type ClaimKind = 'validation' | 'training';

const STATUSES: Record<ClaimKind, readonly JobStatus[]> = {
  validation: ['validating_files'],
  training: ['queued', 'running'],
};

/**
 * What can be taken now, the next one first. Checking data comes before training, so that a fault is told early. Then it is
 * the turn of the tenant with the fewest runs under way, of those the one that was served longest ago; within a tenant, of
 * the job that waits longest. A job that is `running` without a living lease lost its worker.
 */
const CLAIMABLE = `
  with busy as (
    select tenant_id, count(*) as runs from fine_tuning_jobs
    where status = 'running' and claim_id is not null and lease_until > now() group by tenant_id
  ), turns as (
    select tenant_id, max(claimed_at) as served_at from fine_tuning_jobs where claimed_at is not null group by tenant_id
  ), claimable as (
    select job.id, job.tenant_id, coalesce(busy.runs, 0) as runs,
      case when job.status <> 'validating_files' and job.failures = 0 and job.claim_id is null
        then job.together_key end as together_key,
      row_number() over (order by job.status = 'validating_files' desc, coalesce(busy.runs, 0),
        turns.served_at nulls first, coalesce(job.queued_at, job.created_at), job.id) as turn
    from fine_tuning_jobs job
    join tenants on tenants.id = job.tenant_id and not tenants.is_suspended
    left join quotas on quotas.tenant_id = job.tenant_id
    left join busy on busy.tenant_id = job.tenant_id
    left join turns on turns.tenant_id = job.tenant_id
    where job.status = any($1) and (job.lease_until is null or job.lease_until < now())
      and (job.status = 'validating_files' or quotas.training_jobs is null
        or coalesce(busy.runs, 0) < quotas.training_jobs)
  )`;

const NEXT = `${CLAIMABLE} select id, tenant_id, together_key from claimable order by turn limit $2`;

/**
 * The next one that may train in the batch of a job that was taken. It never goes before its turn at the cost of a tenant
 * with fewer runs: while one waits, a tenant that is in the batch already brings no other job to it.
 */
const COMPANION = `${CLAIMABLE} select id, tenant_id, together_key from claimable
  where together_key = $2 and runs <= (select min(runs) from claimable) order by turn limit 1`;

const TAKE = `
  update fine_tuning_jobs set
    claim_id = $2, lease_until = now() + make_interval(secs => ${LEASE_SECONDS}),
    failures = failures + (claim_id is not null)::integer,
    claimed_at = case when status = 'validating_files' then claimed_at else now() end,
    started_at = case when status = 'validating_files' then started_at else coalesce(started_at, now()) end,
    status = case when status = 'validating_files' then status else 'running' end
  where id = $1 and status = any($3) and (lease_until is null or lease_until < now()) returning id`;

/** Who works on which job. */
@Injectable()
export class JobClaims extends RowClaims<FineTuningJob> {
  constructor(db: TenantDb, notices: JobNotices) {
    super(db, notices, 'fine_tuning_jobs', FineTuningJobEntity);
  }

  /**
   * Takes the next job of these kinds, of whatever tenant, and with it up to `most` − 1 more that may train in one batch with
   * it; claims of all processes take turns. A job whose last run died trains alone, for it may be the reason.
   */
  async take(kinds: readonly ClaimKind[], most = 1): Promise<Claim[]> {
    const statuses = kinds.flatMap((kind) => STATUSES[kind]);
    const claims = await this.db.runAsAdmin(async (manager) => {
      await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', ['fine-tuning claims']);
      const [next] = await this.claimable(manager, kinds, 1);
      if (next === undefined) return [];
      const taken = [await this.takeIn(manager, next, statuses)];
      while (next.together_key !== null && taken.length < most && !taken.includes(undefined)) {
        const [other] = await manager.query<Claimable[]>(COMPANION, [STATUSES.training, next.together_key]);
        if (other === undefined) break;
        taken.push(await this.takeIn(manager, other, STATUSES.training));
      }
      return taken;
    });
    const held = claims.filter((claim) => claim !== undefined);
    if (claims.length > 0 && held.length === 0) return this.take(kinds, most); // a caller was faster than we
    for (const { jobId } of held) this.notices.tell(jobId);
    return held;
  }

  /** How many could be taken now, up to `most`. */
  count(kinds: readonly ClaimKind[], most: number): Promise<number> {
    return this.db.runAsAdmin(async (manager) => (await this.claimable(manager, kinds, most)).length);
  }

  /** As `changeIn`, in a transaction of its own. */
  async change(claim: Claim, from: readonly JobStatus[], change: JobChange): Promise<void> {
    await this.db.run(claim.tenantId, (manager) => this.changeIn(manager, claim, from, change));
    this.notices.tell(claim.jobId);
  }

  /**
   * Changes the claimed job, with its events.
   *
   * @throws CancelledError  when the claim is lost, or the job's status is none of `from`
   */
  async changeIn(
    manager: EntityManager,
    claim: Claim,
    from: readonly JobStatus[],
    { set, events }: JobChange,
  ): Promise<void> {
    const { jobId: id, tenantId, claimId } = claim;
    const where = { id, claimId, status: In([...from]) };
    const { affected } = await manager.update(FineTuningJobEntity, where, set as never);
    if (affected !== 1) {
      throw new CancelledError(`job ${id}: expected it ${from.join(' or ')} and claimed, found it changed`);
    }
    await appendEvents(manager, { id, tenantId }, events ?? []);
  }

  private claimable(manager: EntityManager, kinds: readonly ClaimKind[], most: number): Promise<Claimable[]> {
    return manager.query(NEXT, [kinds.flatMap((kind) => STATUSES[kind]), most]);
  }

  /** undefined when the job was changed meanwhile. */
  private async takeIn(
    manager: EntityManager,
    { id: jobId, tenant_id: tenantId }: Claimable,
    statuses: readonly JobStatus[],
  ): Promise<Claim | undefined> {
    const claimId = randomUUID();
    const [rows] = await manager.query<[unknown[], number]>(TAKE, [jobId, claimId, statuses]);
    return rows.length === 1 ? { claimId, jobId, tenantId } : undefined;
  }
}

interface Claimable {
  readonly id: string;
  readonly tenant_id: string;
  /** Null for a job that is to train alone. */
  readonly together_key: string | null;
}

/** What a worker writes into its job. */
export interface JobChange {
  readonly set: Partial<Omit<FineTuningJob, 'id' | 'tenantId' | 'createdAt' | 'eventCount'>>;
  readonly events?: readonly NewJobEvent[];
}
