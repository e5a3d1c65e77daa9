import { Processor } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { DATABASE, type Database } from '../database/open-database.js';
import { JobClaims, type ClaimKind } from './job-claims.js';
import { JobLookout } from './job-lookout.js';
import { JobRunner } from './job-runner.js';
import { TicketProcessor } from './ticket-processor.js';
import { FINE_TUNING } from './training-queue.js';

/**
 * Works on fine-tuning jobs. At most TRAINING_SLOTS of them train at the same time, or batches of them; one further place is
 * for checking data, so that a fault is told while others train.
 */
@Processor(FINE_TUNING, { maxStalledCount: 1_000 })
export class FineTuningProcessor extends TicketProcessor {
  private freeSlots: number;

  constructor(
    private readonly claims: JobClaims,
    private readonly runner: JobRunner,
    private readonly lookout: JobLookout,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE) database: Database,
  ) {
    const { slots } = config.training;
    super({ name: 'FineTuning', places: slots + 1, claims, isAlone: database.isEmbedded });
    this.freeSlots = slots;
  }

  protected look(): Promise<void> {
    return this.lookout.look(this.kinds);
  }

  /** A slot is held from before jobs are taken, one or several for one batch, until the last claim is given up. */
  protected async workOnce(): Promise<boolean> {
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

  /** What could be taken here now. */
  private get kinds(): ClaimKind[] {
    return this.freeSlots > 0 ? ['validation', 'training'] : ['validation'];
  }
}
