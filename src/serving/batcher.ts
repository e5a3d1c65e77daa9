import { OverloadedError } from '../common/errors.js';
import type { Metrics } from '../metrics/metrics.js';
import type { BatchTimings, RowResult, Runtime } from '../runtime/protocol.js';
import { planBatch, type BatchLimits } from './batch-planner.js';
import type { FairQueue } from './fair-queue.js';
import type { Residency } from './residency.js';
import { Submission, type Job, type SubmitOptions, type Work } from './submission.js';

/** Batches' worth of tokens that are taken from the fair queue ahead of the engine, to load their bricks and sort by length. */
const WINDOW_BATCHES = 2;

export interface BatcherOptions {
  readonly runtime: Pick<Runtime, 'run'>;
  readonly residency: Pick<Residency, 'acquire'>;
  readonly queue: FairQueue<Job>;
  readonly limits: BatchLimits;
  readonly metrics: Metrics;
  readonly nowMs?: () => number;
}

/**
 * Turns the rows of many requests into batches: fair queue → window (bricks loaded and leased) → batch → answer.
 *
 * A row is leased from the moment it enters the window until its batch is done, so neither a swap nor an eviction touches
 * it. A cold brick holds up its own row only: rows that are ready run meanwhile. One batch runs while the next is prepared;
 * a full next batch is already handed over, so that the engine never waits for this thread. A batch that fails is halved
 * and run again, so that a row answers for itself alone.
 */
export class Batcher {
  private readonly ready: Job[] = [];
  /** Rows that found the pool full of leased bricks; they wait for the next batch to end. */
  private readonly blocked: Job[] = [];
  private readonly nowMs: () => number;
  private preparing = 0;
  private windowTokens = 0;
  private inFlight = 0;
  private turn = 0;
  private isScheduled = false;
  private isStopping = false;

  constructor(private readonly options: BatcherOptions) {
    this.nowMs = options.nowMs ?? Date.now;
  }

  /**
   * Runs the rows of one request and gives their results in order.
   * @throws OverloadedError  no room in the queue, or no answer within `timeoutMs`
   * @throws CancelledError   the caller has gone
   */
  async submit(tenant: string, works: readonly Work[], options: SubmitOptions): Promise<RowResult[]> {
    if (this.isStopping) throw new OverloadedError('the service is stopping', { retryAfterSeconds: 5 });
    const submission = new Submission(tenant, works, options, (jobs) => this.forget(jobs), this.nowMs());
    const waiting = submission.jobs.filter((job) => !job.isGone);
    try {
      this.options.queue.offer(tenant, waiting);
    } catch (error) {
      submission.fail(error as Error);
    }
    this.schedule();
    return submission.done;
  }

  /** Refuses new work and waits until all accepted work is answered, at most `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.isStopping = true;
    const endMs = this.nowMs() + timeoutMs;
    while (!this.isIdle && this.nowMs() < endMs) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private get isIdle(): boolean {
    return this.options.queue.size + this.ready.length + this.blocked.length + this.preparing + this.inFlight === 0;
  }

  /** Waits for the end of this turn of the event loop, so that what arrives together is batched together. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    this.fillWindow();
    for (let batch = this.next(); batch.length > 0; batch = this.next()) void this.start(batch);
    this.retryBlocked();
    this.options.metrics.queuedRows.set(this.options.queue.size);
    this.options.metrics.queuedTokens.set(this.options.queue.tokens);
  }

  private fillWindow(): void {
    const windowTokens = WINDOW_BATCHES * this.options.limits.maxTokens;
    while (this.blocked.length === 0 && (this.windowTokens === 0 || this.windowTokens < windowTokens)) {
      const job = this.options.queue.take();
      if (job === undefined) return;
      job.turn = this.turn++;
      this.windowTokens += job.tokens;
      void this.prepare(job);
    }
  }

  private async prepare(job: Job): Promise<void> {
    this.preparing++;
    try {
      const lease = await this.options.residency.acquire(job.bricks);
      if (job.isGone) {
        lease.release();
        this.windowTokens -= job.tokens;
      } else {
        job.lease = lease;
        this.ready.push(job);
      }
    } catch (error) {
      this.handleUnprepared(job, error as Error);
    } finally {
      this.preparing--;
      this.schedule();
    }
  }

  /** A full pool empties when our own batches end; without any, waiting would be for nothing. */
  private handleUnprepared(job: Job, error: Error): void {
    const holdsLeases = this.ready.length + this.inFlight + this.preparing > 1; // this row is counted in `preparing`
    if (error instanceof OverloadedError && holdsLeases && !job.isGone) {
      this.blocked.push(job);
    } else {
      this.windowTokens -= job.tokens;
      job.fail(error);
    }
  }

  /** With nothing of ours under way no batch will end, so the first blocked row finds out by itself whether there is room. */
  private retryBlocked(): void {
    if (this.inFlight + this.ready.length + this.preparing > 0) return;
    const job = this.blocked.shift();
    if (job !== undefined) void this.prepare(job);
  }

  private next(): Job[] {
    if (this.inFlight > 1 || this.ready.length === 0) return [];
    const { limits } = this.options;
    this.ready.sort((a, b) => a.turn - b.turn);
    const batch = planBatch(this.ready, limits);
    if (this.inFlight === 1 && !isFull(batch, limits)) return [];
    const chosen = new Set(batch);
    this.ready.splice(0, this.ready.length, ...this.ready.filter((job) => !chosen.has(job)));
    return batch;
  }

  private async start(batch: readonly Job[]): Promise<void> {
    this.inFlight++;
    const nowMs = this.nowMs();
    for (const { submittedMs } of batch) this.options.metrics.queueSeconds.observe((nowMs - submittedMs) / 1000);
    try {
      await this.run(batch);
    } finally {
      for (const job of batch) {
        job.lease?.release();
        this.windowTokens -= job.tokens;
      }
      this.inFlight--;
      for (const job of this.blocked.splice(0)) void this.prepare(job);
      this.pump();
    }
  }

  private async run(batch: readonly Job[]): Promise<void> {
    const stop = this.options.metrics.batchSeconds.startTimer();
    try {
      const { rows, timings } = await this.options.runtime.run(batch.map(({ row }) => row));
      this.observe(timings);
      batch.forEach((job, i) => answer(job, rows[i]));
      const nowMs = this.nowMs();
      for (const { submittedMs } of batch) this.options.metrics.answerTimes.add(nowMs - submittedMs);
    } catch (error) {
      await this.retryHalves(batch, error as Error);
    } finally {
      stop();
    }
  }

  private async retryHalves(batch: readonly Job[], error: Error): Promise<void> {
    const wanted = batch.filter((job) => !job.isGone);
    if (wanted.length < 2) {
      wanted.forEach((job) => job.fail(error));
      return;
    }
    const half = wanted.length >> 1;
    await this.run(wanted.slice(0, half));
    await this.run(wanted.slice(half));
  }

  private forget(jobs: readonly Job[]): void {
    for (const job of jobs) {
      if (this.options.queue.remove(job)) continue;
      const parked = [this.ready, this.blocked].find((list) => list.includes(job));
      if (parked === undefined) continue; // preparing or running: released when that ends
      parked.splice(parked.indexOf(job), 1);
      job.lease?.release();
      this.windowTokens -= job.tokens;
    }
  }

  private observe({ engineMs, rows, tokens, fill }: BatchTimings): void {
    const { metrics } = this.options;
    metrics.engineSeconds.observe(engineMs / 1000);
    metrics.batchRows.observe(rows);
    metrics.batchTokens.inc(tokens);
    metrics.batchFill.observe(fill);
  }
}

function answer(job: Job, result: RowResult | undefined): void {
  if (result === undefined) job.fail(new Error('runtime: expected one result for each row'));
  else job.answer(result);
}

function isFull(batch: readonly Job[], { maxTokens, maxRows }: BatchLimits): boolean {
  const longest = Math.max(0, ...batch.map(({ tokens }) => tokens));
  return batch.length >= maxRows || (batch.length + 1) * longest > maxTokens;
}
