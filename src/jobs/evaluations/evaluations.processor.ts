import { Processor } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { DATABASE, type Database } from '../../database/open-database.js';
import { TicketProcessor } from '../ticket-processor.js';
import { EvaluationClaims } from './evaluation-claims.js';
import { EVALUATIONS, EvaluationQueue } from './evaluation-queue.js';
import { EvaluationRunner } from './evaluation-runner.js';

/** They mostly wait for the engine, which serves tenants in turn. */
const PLACES = 2;
const KEPT_TICKETS_MS = 86_400_000;

/** Works on evaluations. */
@Processor(EVALUATIONS, { maxStalledCount: 1_000 })
export class EvaluationsProcessor extends TicketProcessor {
  constructor(
    private readonly claims: EvaluationClaims,
    private readonly runner: EvaluationRunner,
    private readonly queue: EvaluationQueue,
    @Inject(DATABASE) database: Database,
  ) {
    super({ name: 'Evaluations', places: PLACES, claims, isAlone: database.isEmbedded });
  }

  protected async look(): Promise<void> {
    const count = await this.claims.count(PLACES);
    if (count > 0) await this.queue.ensure(count);
    await this.queue.clean(KEPT_TICKETS_MS, 1_000);
  }

  protected async workOnce(): Promise<boolean> {
    const claim = await this.claims.take();
    if (claim === undefined) return false;
    await this.runner.run(claim, this.stopping.signal);
    return true;
  }
}
