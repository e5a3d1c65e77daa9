import { Worker } from 'node:worker_threads';
import type { Brick } from '../adapters/brick.js';
import { OverloadedError } from '../common/errors.js';
import { fromWireError } from './error-wire.js';
import type { CallName, Calls, WorkerInput, WorkerMessage } from './messages.js';
import type { BaseDescription, BatchResult, Row, Runtime } from './protocol.js';

export interface WorkerClientOptions {
  readonly input: WorkerInput;
  /** JavaScript file of the worker; see `workerEntry` in create-runtime.ts. */
  readonly entry: URL;
  /** Called once when the thread has ended; with an error unless `stop` asked for it. */
  readonly onExit?: (error: Error | undefined) => void;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A runtime in a worker thread: the main thread only posts messages and never waits inside the engine.
 *
 * Starting → ready → stopping → ended; a crash ends it from any state and fails the calls in flight with
 * `OverloadedError` (retryable). `stop` lets the calls before it finish; the thread is never terminated, which would
 * abort the process inside `run`. So a process must await `stop` before it exits.
 *
 * Bricks are copied to the worker, except arrays on a SharedArrayBuffer, which are read there in place; results are moved.
 */
export class WorkerClient implements Runtime {
  private readonly pending = new Map<number, Pending>();
  private nextCall = 1;
  private stopping: Promise<void> | undefined;
  private crash: Error | undefined;
  private readonly ended: Promise<void>;

  /** @throws what the worker could not start with, e.g. a `ModelError` */
  static start(options: WorkerClientOptions): Promise<WorkerClient> {
    const worker = new Worker(options.entry, { workerData: options.input, name: 'inference' });
    return new Promise((resolve, reject) => {
      const onExit = (code: number): void =>
        reject(new Error(`runtime: the worker ended with code ${code} before it was ready`));
      worker.once('error', reject);
      worker.once('exit', onExit);
      worker.once('message', (message: WorkerMessage) => {
        worker.off('exit', onExit);
        if (message.type === 'failed') reject(fromWireError(message.error));
        if (message.type !== 'ready') return;
        worker.off('error', reject);
        resolve(new WorkerClient(worker, message.base, options.onExit));
      });
    });
  }

  private constructor(
    private readonly worker: Worker,
    readonly base: BaseDescription,
    onExit: WorkerClientOptions['onExit'],
  ) {
    worker.on('message', (message: WorkerMessage) => this.receive(message));
    worker.on('error', (error) => (this.crash = error));
    worker.on('messageerror', (error) => this.failPending(error));
    this.ended = new Promise((resolve) =>
      worker.once('exit', (code) => {
        this.end(code);
        onExit?.(this.crash);
        resolve();
      }),
    );
  }

  load(id: string, brick: Brick): Promise<{ bytes: number }> {
    return this.call('load', { id, brick });
  }

  unload(id: string): Promise<void> {
    return this.call('unload', { id });
  }

  run(rows: readonly Row[]): Promise<BatchResult> {
    return this.call('run', { rows });
  }

  async stop(): Promise<void> {
    this.stopping ??= this.call('stop', {}).catch(() => undefined); // a thread that has crashed is stopped too
    await this.stopping;
    await this.ended;
  }

  private call<N extends CallName>(name: N, args: Calls[N]['args']): Promise<Calls[N]['result']> {
    if (this.stopping || this.crash) return Promise.reject(gone(this.crash));
    return new Promise((resolve, reject) => {
      const call = this.nextCall++;
      this.worker.postMessage({ call, name, args });
      this.pending.set(call, { resolve, reject });
    });
  }

  private receive(message: WorkerMessage): void {
    if (message.type === 'ready' || message.type === 'failed') return;
    const caller = this.pending.get(message.call);
    this.pending.delete(message.call);
    if (message.type === 'answer') caller?.resolve(message.result as never);
    else caller?.reject(fromWireError(message.error));
  }

  private end(code: number): void {
    if (!this.stopping) this.crash ??= new Error(`runtime: the worker ended with code ${code}`);
    this.failPending(this.crash);
  }

  private failPending(cause: Error | undefined): void {
    for (const { reject } of this.pending.values()) reject(gone(cause));
    this.pending.clear();
  }
}

function gone(cause: Error | undefined): OverloadedError {
  const message = cause ? `runtime: the engine has ended: ${cause.message}` : 'runtime: the engine is stopping';
  return new OverloadedError(message, { code: 'engine_unavailable', retryAfterSeconds: 2, ...(cause && { cause }) });
}
