import { Worker } from 'node:worker_threads';
import type { SquadCut } from '../adapters/routing/squad-cut.js';
import { OverloadedError } from '../common/errors.js';
import { fromWireError } from './error-wire.js';
import type { ImportAnswer, ImportCall, ImportInput, ImportResults } from './import-messages.js';

export interface ImportThreadOptions {
  readonly input: ImportInput;
  /** JavaScript file of the thread; see `workerEntry`. */
  readonly entry: URL;
  /** The thread ends when it had nothing to do for so long. */
  readonly idleMs: number;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Imports adapters, and derives what routes need of them, in a thread of its own, one after the other in the order they
 * came.
 *
 * Absent → running → absent: the first import starts the thread, and a while after the last it is ended. A thread that
 * dies fails the imports it held with `OverloadedError` (retryable), and the next import starts another. After `stop`
 * every import fails.
 */
export class ImportThread {
  private worker: Worker | undefined;
  private readonly waiting: Waiting[] = [];
  private idle: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(private readonly options: ImportThreadOptions) {}

  /** @throws what `importPacked` throws */
  import(directory: string): Promise<ImportResults['import']> {
    return this.call<'import'>({ type: 'import', directory });
  }

  /** See `arrowGates`. @param packed  a packed brick; in shared memory it is not copied */
  arrowGates(packed: Uint8Array, layers: number): Promise<ImportResults['arrow']> {
    return this.call<'arrow'>({ type: 'arrow', packed, layers });
  }

  /** See `cutSquadFiles`. */
  cutSquad(cut: SquadCut): Promise<ImportResults['cut']> {
    return this.call<'cut'>({ type: 'cut', cut });
  }

  /** Ends the thread at once; the imports it held fail. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.end('it is stopping');
  }

  private call<T extends keyof ImportResults>(call: ImportCall & { readonly type: T }): Promise<ImportResults[T]> {
    if (this.isStopped) return Promise.reject(gone('it is stopping'));
    clearTimeout(this.idle);
    this.worker ??= this.start();
    this.worker.postMessage(call);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private start(): Worker {
    const worker = new Worker(this.options.entry, { workerData: this.options.input, name: 'import' });
    worker.unref(); // the service's life does not hang on it
    worker.on('message', (answer: ImportAnswer) => this.receive(answer));
    worker.once('error', (error) => this.lose(worker, error.message));
    worker.once('exit', (code) => this.lose(worker, `it ended with code ${code}`));
    return worker;
  }

  private receive(answer: ImportAnswer): void {
    const caller = this.waiting.shift();
    if (answer.type === 'done') caller?.resolve(answer.result as never);
    else caller?.reject(fromWireError(answer.error));
    if (this.waiting.length === 0)
      this.idle = setTimeout(() => void this.end('it was idle'), this.options.idleMs).unref();
  }

  private async end(reason: string): Promise<void> {
    clearTimeout(this.idle);
    const { worker } = this;
    if (worker === undefined) return;
    this.lose(worker, reason);
    await worker.terminate();
  }

  private lose(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    for (const { reject } of this.waiting.splice(0)) reject(gone(reason));
  }
}

function gone(reason: string): OverloadedError {
  return new OverloadedError(`import: the thread that imports adapters has ended: ${reason}`, {
    code: 'import_unavailable',
    retryAfterSeconds: 1,
  });
}
