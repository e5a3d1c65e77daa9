import { CancelledError, OverloadedError } from '../common/errors.js';
import type { ChildTasks, RunEnd } from '../runtime/training-messages.js';
import type { TrainingProcess } from '../runtime/training-process.js';
import type { TrainingEvent, TrainingResult } from '../training/events.js';
import type { ClaimWatch } from './claim-watch.js';

/** Who listens to a run, and who ends it. */
export interface RunCompanions {
  readonly watch: Pick<ClaimWatch, 'stop' | 'kill'>;
  readonly onEvent: (event: TrainingEvent) => void;
}

/** A run that shares its process, and who waits for it. */
export interface GroupRun extends RunCompanions {
  readonly request: ChildTasks['train']['request'];
  readonly resolve: (result: TrainingResult) => void;
  readonly reject: (error: unknown) => void;
}

type SharedProcess = Pick<TrainingProcess<'train_together'>, 'result' | 'ended' | 'stop' | 'kill'>;

/**
 * Runs of several jobs in one process: all open → fewer → none. Each gets its own events and its own end, as soon as that is
 * reached; one that its watch stops or kills leaves at the next step, and the rest go on. What a dying process said is told
 * to none of them, since it may be about another's run.
 */
export class GroupProcess {
  private readonly open: Set<number>;
  private readonly closing = new AbortController();

  /** @param leaveMs  longest wait for a run to leave after it was told to */
  constructor(
    private readonly runs: readonly GroupRun[],
    private readonly leaveMs: number,
  ) {
    this.open = new Set(runs.keys());
  }

  /** For the process. */
  get listeners() {
    return {
      onEvent: (event: TrainingEvent, run = -1): void => {
        if (this.open.has(run)) this.runs[run]?.onEvent(event);
      },
      onRunEnd: (run: number, end: RunEnd<Error>): void => this.end(run, end),
    };
  }

  /** Until the process is gone. @throws what it died of, with runs still open */
  async follow(child: SharedProcess): Promise<void> {
    this.runs.forEach(({ watch }, run) => {
      const signal = this.closing.signal;
      watch.stop.addEventListener('abort', () => this.letLeave(child, run), { signal });
      watch.kill.addEventListener('abort', () => this.endIfLast(child, run), { signal });
      if (watch.stop.aborted) this.letLeave(child, run);
    });
    try {
      await child.result.finally(() => child.ended);
    } finally {
      this.closing.abort();
    }
  }

  /** Every run that is still open has to be tried again. */
  fail(cause: unknown): void {
    const error = new OverloadedError('training process: expected a result of each run, got none', {
      code: 'training_process_died',
      cause,
    });
    for (const run of [...this.open]) this.end(run, { error });
  }

  private end(run: number, end: RunEnd<Error>): void {
    const found = this.runs[run];
    if (!found || !this.open.delete(run)) return;
    if ('result' in end) found.resolve(end.result);
    // Stopped by us: whatever went wrong after that does not count.
    else if (found.watch.stop.aborted) found.reject(stopped(end.error));
    else found.reject(end.error);
  }

  private letLeave(child: SharedProcess, run: number): void {
    child.stop(run);
    const timer = setTimeout(() => {
      this.end(run, { error: stopped() }); // nobody waits for it any longer; the rest go on
      if (this.open.size === 0) child.kill();
    }, this.leaveMs);
    this.closing.signal.addEventListener('abort', () => clearTimeout(timer));
  }

  private endIfLast(child: SharedProcess, run: number): void {
    if (this.open.size === 1 && this.open.has(run)) child.kill();
  }
}

/** What comes of a run that its watch stopped or killed. */
export function stopped(cause?: unknown): CancelledError {
  return new CancelledError('run: stopped before it ended', { cause });
}
