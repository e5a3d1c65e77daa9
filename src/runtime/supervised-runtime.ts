import { setTimeout as sleep } from 'node:timers/promises';
import type { Brick } from '../adapters/brick.js';
import { OverloadedError } from '../common/errors.js';
import type { BaseDescription, BatchResult, Row, Runtime } from './protocol.js';

export interface SupervisorOptions {
  /** Starts an engine; `onExit` is called once when it has ended, with an error unless it was stopped. */
  readonly start: (onExit: (error: Error | undefined) => void) => Promise<Runtime>;
  /** The engine died, and all that was loaded with it; calls fail until `onBack`. */
  readonly onLost: (error: Error) => void;
  /** Another engine runs, with nothing loaded. */
  readonly onBack: () => void;
  /** Engines die too often, or another cannot be what the first one was. */
  readonly onGivenUp: (error: Error) => void;
  readonly backOffMs?: (deaths: number) => number;
  readonly nowMs?: () => number;
}

/** So many deaths within the window are borne. */
export const MAX_DEATHS = 5;
const WINDOW_MS = 600_000;

/**
 * A runtime whose engine is started again when it dies.
 *
 * Ready → restarting → ready; restarting → given up after more than MAX_DEATHS deaths in ten minutes; → stopped from any.
 * While it restarts every call fails with `OverloadedError` (retryable). The pauses before the starts double.
 */
export class SupervisedRuntime implements Runtime {
  private readonly deathsMs: number[] = [];
  private readonly stopping = new AbortController();
  private current: Runtime | undefined;
  private restarting: Promise<void> | undefined;

  /** @throws what the first engine could not start with */
  static async start(options: SupervisorOptions): Promise<SupervisedRuntime> {
    const supervised: { runtime?: SupervisedRuntime } = {};
    const first = await options.start((error) => supervised.runtime?.lose(error));
    return (supervised.runtime = new SupervisedRuntime(first, options));
  }

  private constructor(
    first: Runtime,
    private readonly options: SupervisorOptions,
  ) {
    this.current = first;
    this.base = first.base;
  }

  readonly base: BaseDescription;

  load(id: string, brick: Brick): Promise<{ bytes: number }> {
    return this.current?.load(id, brick) ?? Promise.reject(away());
  }

  unload(id: string): Promise<void> {
    return this.current?.unload(id) ?? Promise.reject(away());
  }

  run(rows: readonly Row[]): Promise<BatchResult> {
    return this.current?.run(rows) ?? Promise.reject(away());
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.restarting;
    await this.current?.stop();
  }

  private lose(error: Error | undefined): void {
    if (error === undefined || this.stopping.signal.aborted) return;
    this.current = undefined;
    this.options.onLost(error);
    this.restarting = this.restart(error);
  }

  private async restart(cause: Error): Promise<void> {
    let last: Error | undefined = cause;
    while (last !== undefined) {
      if (this.countDeath() > MAX_DEATHS) {
        this.options.onGivenUp(last);
        return;
      }
      await this.pause();
      last = this.stopping.signal.aborted ? undefined : await this.replace();
    }
  }

  /** Puts another engine in the place of the last; gives why it did not start. */
  private async replace(): Promise<Error | undefined> {
    let runtime: Runtime;
    try {
      runtime = await this.options.start((error) => this.lose(error));
    } catch (error) {
      return error as Error;
    }
    const { digest } = runtime.base;
    if (digest === this.base.digest) {
      this.current = runtime;
      if (!this.stopping.signal.aborted) this.options.onBack();
    } else {
      await runtime.stop();
      this.options.onGivenUp(new Error(`runtime: expected the base ${this.base.digest} again, got ${digest}`));
    }
    return undefined;
  }

  private countDeath(): number {
    const nowMs = (this.options.nowMs ?? Date.now)();
    this.deathsMs.push(nowMs);
    while (nowMs - (this.deathsMs[0] ?? nowMs) > WINDOW_MS) this.deathsMs.shift();
    return this.deathsMs.length;
  }

  private async pause(): Promise<void> {
    const ms = (this.options.backOffMs ?? doubling)(this.deathsMs.length);
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined); // stopped: looked at by the caller
  }
}

function doubling(deaths: number): number {
  return 100 * 2 ** deaths;
}

function away(): OverloadedError {
  return new OverloadedError('runtime: the engine ended and is starting again', {
    code: 'engine_unavailable',
    retryAfterSeconds: 2,
  });
}
