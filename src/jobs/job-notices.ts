import { EventEmitter, once } from 'node:events';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/**
 * Tells within this process that a job's row or events have changed, so that nobody has to wait for the next look at the
 * database. Changes by other processes come without notice: whoever waits looks again now and then.
 */
@Injectable()
export class JobNotices implements OnModuleDestroy {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly ending = new AbortController();

  /** Aborted when the service stops: nobody waits any longer. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  tell(jobId: string): void {
    this.emitter.emit(jobId);
  }

  onChange(jobId: string, listener: () => void): () => void {
    this.emitter.on(jobId, listener);
    return () => this.emitter.off(jobId, listener);
  }

  /** Until the job changes here, the time is over, or the service stops. */
  async wait(jobId: string, timeoutMs: number): Promise<void> {
    const signal = AbortSignal.any([this.ended, AbortSignal.timeout(timeoutMs)]);
    await once(this.emitter, jobId, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  onModuleDestroy(): void {
    this.ending.abort();
  }
}
