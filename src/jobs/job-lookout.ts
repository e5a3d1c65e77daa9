import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { DATABASE, type Database } from '../database/open-database.js';
import { TenantDb } from '../database/tenant-db.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import { ObjectSweeper } from '../registry/object-sweeper.js';
import { CheckpointStore } from './checkpoint-store.js';
import { FineTuningProcessor } from './fine-tuning.processor.js';
import { JobClaims } from './job-claims.js';
import { JOB_STATUSES } from './job-status.js';
import { TrainingQueue } from './training-queue.js';
import { WorkDirectories } from './work-directories.js';

const LOOK_MS = 5_000;

/**
 * Looks at the jobs' rows at the start and every few seconds: makes tickets for what can be taken, since a queue may have
 * lost some and a dead worker's job needs a new one, and removes what dead workers have left.
 */
@Injectable()
export class JobLookout implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('JobLookout');
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: TenantDb,
    private readonly claims: JobClaims,
    private readonly queue: TrainingQueue,
    private readonly checkpoints: CheckpointStore,
    private readonly sweeper: ObjectSweeper,
    private readonly directories: WorkDirectories,
    private readonly processor: FineTuningProcessor,
    private readonly metrics: TrainingMetrics,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.directories.clear();
    if (this.database.isEmbedded) await this.claims.releaseAll(); // nobody but us had any
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private look(): void {
    this.looking = this.looking.then(() =>
      this.lookOnce().catch((error: unknown) => this.log.warn(`no look at the jobs: ${String(error)}`)),
    );
  }

  private async lookOnce(): Promise<void> {
    const count = await this.claims.count(this.processor.kinds, this.config.training.slots + 1);
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
