import { systemClock } from '../common/clock.js';
import { LEASE_SECONDS, type Claim } from './row-claims.js';
import type { JobNotices } from './job-notices.js';
import { hasEnded, type JobStatus } from './job-status.js';

const BEAT_MS = 2_000;

export interface WatchOptions {
  /** Those of jobs, or of evaluations. */
  readonly claims: { beat(claim: Claim): Promise<JobStatus | undefined> };
  readonly notices: JobNotices;
  readonly claim: Claim;
  /** The status that the worker works in. */
  readonly status: JobStatus;
  /** Aborted when this process stops. */
  readonly shutdown: AbortSignal;
  /** A sign of life that could not be given. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Keeps a claim alive and tells its worker when to end. `stop`: finish the step and leave a checkpoint, since the job was
 * paused or this process stops. `kill`: at once, since the job was cancelled or the claim is another's. While the database
 * is away the work goes on, for as long as the claim surely holds.
 */
export class ClaimWatch {
  private readonly stopping = new AbortController();
  private readonly killing = new AbortController();
  private readonly closing = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly unsubscribe: () => void;
  private aliveAtMs = systemClock();
  private beating: Promise<void> = Promise.resolve();

  constructor(private readonly options: WatchOptions) {
    const { notices, claim, shutdown } = options;
    this.timer = setInterval(() => this.beatSoon(), BEAT_MS);
    this.unsubscribe = notices.onChange(claim.jobId, () => this.beatSoon());
    shutdown.addEventListener('abort', () => this.stopping.abort(), { signal: this.closing.signal });
    if (shutdown.aborted) this.stopping.abort();
    this.beatSoon();
  }

  get stop(): AbortSignal {
    return this.stopping.signal;
  }

  get kill(): AbortSignal {
    return this.killing.signal;
  }

  /** Ends the work at once, for a reason of its own. */
  abandon(): void {
    this.end(this.killing);
  }

  /** Ends the watch; the claim is not given up by that. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.unsubscribe();
    this.closing.abort();
    await this.beating;
  }

  private beatSoon(): void {
    this.beating = this.beating.then(() => this.beat());
  }

  private async beat(): Promise<void> {
    const { claims, claim, status, onTrouble } = this.options;
    try {
      const now = await claims.beat(claim);
      this.aliveAtMs = systemClock();
      if (now === undefined || hasEnded(now)) this.end(this.killing);
      else if (now !== status) this.end(this.stopping);
    } catch (error) {
      onTrouble(error);
      if (systemClock() - this.aliveAtMs > LEASE_SECONDS * 1000) this.end(this.killing);
    }
  }

  private end(controller: AbortController): void {
    controller.abort();
    this.stopping.abort(); // what is killed is stopped too
  }
}
