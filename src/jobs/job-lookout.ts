import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { TenantDb } from '../database/tenant-db.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import { ObjectSweeper } from '../registry/object-sweeper.js';
import { CheckpointStore } from './checkpoint-store.js';
import { JobClaims, type ClaimKind } from './job-claims.js';
import { JOB_STATUSES } from './job-status.js';
import { TrainingQueue } from './training-queue.js';

/** Looks at the jobs' rows: makes tickets for what can be taken, removes what dead workers have left, and counts. */
@Injectable()
export class JobLookout {
  constructor(
    private readonly db: TenantDb,
    private readonly claims: JobClaims,
    private readonly queue: TrainingQueue,
    private readonly checkpoints: CheckpointStore,
    private readonly sweeper: ObjectSweeper,
    private readonly metrics: TrainingMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @param kinds  what could be taken here now */
  async look(kinds: readonly ClaimKind[]): Promise<void> {
    const count = await this.claims.count(kinds, this.config.training.slots + 1);
    if (count > 0) await this.queue.ensure(count);
    for (const { tenant_id, job_id } of await this.checkpoints.orphaned()) {
      await this.checkpoints.removeAll(tenant_id, job_id);
    }
    await this.sweeper.removeOwed();
    await this.countJobs();
  }

  private async countJobs(): Promise<void> {
    const rows = await this.db.runAsAdmin((manager) =>
      manager.query<{ status: string; jobs: number }[]>(
        'select status, count(*)::integer as jobs from fine_tuning_jobs group by status',
      ),
    );
    for (const status of JOB_STATUSES) {
      this.metrics.jobs.set({ status }, rows.find((row) => row.status === status)?.jobs ?? 0);
    }
  }
}
