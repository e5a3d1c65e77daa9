import { CancelledError, OverloadedError } from '../common/errors.js';
import type { Row, RowResult } from '../runtime/protocol.js';
import type { BrickRef } from './brick-ref.js';
import type { Lease } from './residency.js';

/** One row to run, and the bricks that must be resident for it. */
export interface Work {
  readonly row: Row;
  readonly bricks: readonly BrickRef[];
  /** Tokens the trunk sees, virtual ones included. */
  readonly tokens: number;
}

export interface SubmitOptions {
  /** Aborted when the client has gone. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** One row on its way: waiting → preparing → ready → running → answered; `isGone` once nobody wants its answer. */
export interface Job extends Work {
  readonly tenant: string;
  /** Order in which jobs left the queue. */
  turn: number;
  lease: Lease | undefined;
  readonly pages: number;
  readonly trunk: string | undefined;
  readonly submittedMs: number;
  readonly isGone: boolean;
  answer(result: RowResult): void;
  fail(error: Error): void;
}

/**
 * The rows of one request. Open until every row is answered, one fails, its caller goes or its time is over; then it is
 * settled, once, and the rows still on their way are gone.
 */
export class Submission {
  readonly jobs: readonly Job[];
  readonly done: Promise<RowResult[]>;
  private isSettled = false;
  private readonly results: RowResult[] = [];
  private missing: number;
  private settle!: { resolve: (results: RowResult[]) => void; reject: (error: Error) => void };
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.fail(new CancelledError());

  /** @param onFailed  takes the rows that still wait out of the queue */
  constructor(
    tenant: string,
    works: readonly Work[],
    private readonly options: SubmitOptions,
    private readonly onFailed: (jobs: readonly Job[]) => void,
    nowMs: number,
  ) {
    this.missing = works.length;
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.jobs = works.map((work, index) => this.jobOf(tenant, work, index, nowMs));
    this.timer = setTimeout(() => this.fail(timeoutError(options.timeoutMs)), options.timeoutMs);
    options.signal?.addEventListener('abort', this.onAbort, { once: true });
    if (options.signal?.aborted === true) this.onAbort();
    else if (works.length === 0) this.close(() => this.settle.resolve([]));
  }

  fail(error: Error): void {
    this.close(() => {
      this.settle.reject(error);
      this.onFailed(this.jobs);
    });
  }

  private answer(index: number, result: RowResult): void {
    if (this.isSettled) return;
    this.results[index] = result;
    if (--this.missing === 0) this.close(() => this.settle.resolve(this.results));
  }

  private close(settle: () => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
    settle();
  }

  private jobOf(tenant: string, work: Work, index: number, nowMs: number): Job {
    const isGone = (): boolean => this.isSettled;
    return {
      ...work,
      tenant,
      turn: 0,
      trunk: work.bricks.find(({ isModel }) => isModel)?.id,
      lease: undefined,
      submittedMs: nowMs,
      get pages() {
        return this.lease?.pages ?? 0;
      },
      get isGone() {
        return isGone();
      },
      answer: (result) => this.answer(index, result),
      fail: (error) => this.fail(error),
    };
  }
}

function timeoutError(timeoutMs: number): OverloadedError {
  return new OverloadedError(`no answer within ${timeoutMs} ms`, { code: 'timeout', retryAfterSeconds: 1 });
}
