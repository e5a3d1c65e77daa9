import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { UnrecoverableError, type Queue } from 'bullmq';
import { AppError } from '../common/errors.js';
import { ObjectSweeper } from '../registry/object-sweeper.js';

export const MAINTENANCE = 'maintenance';

const EVERY_MS = 600_000;
/** How long a finished job stays to be looked at. */
const KEEP_MS = 86_400_000;
const CLEAN_LIMIT = 1_000;

/**
 * Regular housekeeping, by one process at a time: removes objects that no version holds, and old finished jobs.
 *
 * Jobs are cleaned here and not by `removeOnComplete`: on PostgreSQL its deletes were seen to deadlock with completions,
 * which records jobs that succeeded as failed. For the same reason a job is tried more than once, and can be repeated.
 */
@Processor(MAINTENANCE)
export class MaintenanceProcessor extends WorkerHost implements OnApplicationBootstrap {
  private readonly log = new Logger('Maintenance');

  constructor(
    @InjectQueue(MAINTENANCE) private readonly queue: Queue,
    @Inject(ObjectSweeper) private readonly sweeper: ObjectSweeper,
  ) {
    super();
    queue.on('error', (error) => this.log.warn(`queue: ${error.message}`));
  }

  async onApplicationBootstrap(): Promise<void> {
    const opts = { attempts: 3, backoff: { type: 'exponential', delay: 1_000 } };
    await this.queue.upsertJobScheduler(MAINTENANCE, { every: EVERY_MS }, { name: MAINTENANCE, opts });
  }

  async process(): Promise<{ removedImports: number; removedJobs: number }> {
    try {
      const removedImports = await this.sweeper.sweep({ isAlone: false });
      const completed = await this.queue.clean(KEEP_MS, CLEAN_LIMIT, 'completed');
      const failed = await this.queue.clean(KEEP_MS, CLEAN_LIMIT, 'failed');
      return { removedImports, removedJobs: completed.length + failed.length };
    } catch (error) {
      if (error instanceof AppError && !error.retryable) throw new UnrecoverableError(error.message);
      throw error;
    }
  }

  @OnWorkerEvent('failed')
  onFailed(_job: unknown, error: Error): void {
    this.log.warn(`failed: ${error.message}`);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.log.warn(`worker: ${error.message}`);
  }
}
