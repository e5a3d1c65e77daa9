import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Inject,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { JobClaims, type ClaimKind } from './job-claims.js';
import { JobRunner } from './job-runner.js';
import { FINE_TUNING } from './training-queue.js';

/**
 * Takes tickets and, for each, works on jobs until there is nothing more to take. At most TRAINING_SLOTS of them train at
 * the same time, or batches of them; one further place is for checking data, so that a fault is told while others train.
 */
@Processor(FINE_TUNING, { maxStalledCount: 1_000 })
export class FineTuningProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  private readonly log = new Logger('FineTuning');
  private readonly stopping = new AbortController();
  private readonly busy = new Set<Promise<void>>();
  private freeSlots: number;

  constructor(
    private readonly claims: JobClaims,
    private readonly runner: JobRunner,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super();
    this.freeSlots = config.training.slots;
  }

  onApplicationBootstrap(): void {
    this.worker.concurrency = this.config.training.slots + 1;
  }

  /** What could be taken here now. */
  get kinds(): ClaimKind[] {
    return this.freeSlots > 0 ? ['validation', 'training'] : ['validation'];
  }

  async process(): Promise<void> {
    const work = this.drain();
    this.busy.add(work);
    try {
      await work;
    } finally {
      this.busy.delete(work);
    }
  }

  /** Runs stop at a checkpoint, and their jobs go back to the queue. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /** Before the database and the queues are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.busy);
  }

  @OnWorkerEvent('failed')
  onFailed(_job: unknown, error: Error): void {
    this.log.warn(`ticket failed: ${error.message}`);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.log.warn(`worker: ${error.message}`);
  }

  private async drain(): Promise<void> {
    while (!this.stopping.signal.aborted && (await this.workOnce()));
  }

  /** A slot is held from before jobs are taken, one or several for one batch, until the last claim is given up. */
  private async workOnce(): Promise<boolean> {
    const { kinds } = this;
    const slots = kinds.includes('training') ? 1 : 0;
    this.freeSlots -= slots;
    try {
      const claims = await this.claims.take(kinds, this.config.training.groupRuns);
      if (claims.length === 0) return false;
      await this.runner.run(claims, this.stopping.signal);
      return true;
    } finally {
      this.freeSlots += slots;
    }
  }
}
