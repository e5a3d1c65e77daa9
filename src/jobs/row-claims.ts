import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { TenantDb } from '../database/tenant-db.js';
import type { JobNotices } from './job-notices.js';

/** A worker's hold on a row. */
export interface Claim {
  readonly claimId: string;
  /** Of the job, or whatever the row is. */
  readonly jobId: string;
  readonly tenantId: string;
}

/** Without a sign of life for this long, a worker counts as dead and another takes its row over. */
export const LEASE_SECONDS = 30;

/** A row that workers claim. */
export interface ClaimedRow extends ObjectLiteral {
  readonly id: string;
  readonly claimId: string | null;
  readonly leaseUntil: Date | null;
  readonly status: string;
}

/**
 * Who works on which row of a table. A claim is taken by one worker at a time and kept alive by `beat`; every change that a
 * worker makes names its claim, so that one which was believed dead, or whose row was changed meanwhile, changes nothing.
 */
export abstract class RowClaims<R extends ClaimedRow> {
  protected constructor(
    protected readonly db: TenantDb,
    protected readonly notices: JobNotices,
    private readonly table: string,
    private readonly entity: EntityTarget<R>,
  ) {}

  /** A sign of life. Gives the row's status, or undefined when the claim is no longer this worker's. */
  async beat({ tenantId, jobId, claimId }: Claim): Promise<R['status'] | undefined> {
    const [rows] = await this.db.run(tenantId, (manager) =>
      manager.query<[{ status: R['status'] }[], number]>(
        `update ${this.table} set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
         where id = $1 and claim_id = $2 returning status`,
        [jobId, claimId],
      ),
    );
    return rows[0]?.status;
  }

  /** Takes back every claim; only for a process that knows that no other is at work. */
  async releaseAll(): Promise<void> {
    await this.db.runAsAdmin((manager) =>
      manager.query(
        `update ${this.table} set claim_id = null, lease_until = null,
           failures = failures + (status = 'running')::integer
         where claim_id is not null`,
      ),
    );
  }

  require({ tenantId, jobId }: Claim): Promise<R> {
    return this.db.run(tenantId, (manager) => manager.findOneByOrFail(this.entity, { id: jobId } as never));
  }

  /** Gives the row up, in whatever status it is. */
  async release({ tenantId, jobId, claimId }: Claim): Promise<void> {
    await this.db.run(tenantId, (manager) =>
      manager.query(`update ${this.table} set claim_id = null, lease_until = null where id = $1 and claim_id = $2`, [
        jobId,
        claimId,
      ]),
    );
    this.notices.tell(jobId);
  }
}
