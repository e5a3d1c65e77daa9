import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Repeated } from '../common/repeated.js';
import type { ClaimedRow, RowClaims } from './row-claims.js';

const LOOK_MS = 5_000;

export interface TicketWork {
  /** Of the log. */
  readonly name: string;
  /** How many tickets are worked on at the same time. */
  readonly places: number;
  readonly claims: RowClaims<ClaimedRow>;
  /** No other process can hold a claim. */
  readonly isAlone: boolean;
}

/**
 * Takes tickets and, for each, works on rows until there is none to take. Every few seconds it looks at the rows, since a
 * queue may have lost tickets and a dead worker's row needs a new one. A ticket that comes before the service is ready waits.
 */
export abstract class TicketProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  protected readonly stopping = new AbortController();
  private readonly log: Logger;
  private readonly busy = new Set<Promise<void>>();
  private readonly looks: Repeated;
  private beReady = (): void => undefined;
  private readonly ready = new Promise<void>((resolve) => (this.beReady = resolve));

  protected constructor(private readonly work: TicketWork) {
    super();
    this.log = new Logger(work.name);
    this.looks = new Repeated(LOOK_MS, () =>
      this.look().catch((error: unknown) => this.log.warn(`no look at the rows: ${String(error)}`)),
    );
  }

  /** Claims the next row and does what it needs; false when there was none to take. */
  protected abstract workOnce(): Promise<boolean>;

  /** Makes the tickets that rows lack. */
  protected abstract look(): Promise<void>;

  async onApplicationBootstrap(): Promise<void> {
    this.worker.concurrency = this.work.places;
    if (this.work.isAlone) await this.work.claims.releaseAll();
    this.beReady();
    this.looks.start();
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

  /** Runs stop, at a checkpoint where they have one, and their rows go back to the queue. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.beReady(); // of a start that failed
    await this.looks.stop();
  }

  /** Before the database, the queues and the engine are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.busy);
  }

  @OnWorkerEvent('failed')
  onFailed(_ticket: unknown, error: Error): void {
    this.log.warn(`ticket failed: ${error.message}`);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.log.warn(`worker: ${error.message}`);
  }

  private async drain(): Promise<void> {
    await this.ready;
    while (!this.stopping.signal.aborted && (await this.workOnce()));
  }
}
