import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Inject,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DATABASE, type Database } from '../../database/open-database.js';
import { EvaluationClaims } from './evaluation-claims.js';
import { EVALUATIONS, EvaluationQueue } from './evaluation-queue.js';
import { EvaluationRunner } from './evaluation-runner.js';

/** They mostly wait for the engine, which serves tenants in turn. */
const SLOTS = 2;
const LOOK_MS = 5_000;

/**
 * Takes tickets and works on evaluations until there is none to take; every few seconds it looks at their rows and makes
 * the tickets that a queue lost or a dead worker left behind.
 */
@Processor(EVALUATIONS, { maxStalledCount: 1_000, concurrency: SLOTS })
export class EvaluationsProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  private readonly log = new Logger('Evaluations');
  private readonly stopping = new AbortController();
  private readonly busy = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly claims: EvaluationClaims,
    private readonly runner: EvaluationRunner,
    private readonly queue: EvaluationQueue,
    @Inject(DATABASE) private readonly database: Database,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.database.isEmbedded && this.busy.size === 0) await this.claims.releaseAll(); // nobody but us had any
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS);
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

  /** What runs goes back to the queue. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.looking;
  }

  /** Before the database, the queues and the engine are closed. */
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

  private look(): void {
    this.looking = this.looking.then(() =>
      this.lookOnce().catch((error: unknown) => this.log.warn(`no look at the evaluations: ${String(error)}`)),
    );
  }

  private async lookOnce(): Promise<void> {
    const count = await this.claims.count(SLOTS);
    if (count > 0) await this.queue.ensure(count);
    await this.queue.clean(86_400_000, 1_000);
  }

  private async drain(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const claim = await this.claims.take();
      if (claim === undefined) return;
      await this.runner.run(claim, this.stopping.signal);
    }
  }
}
