import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { OverloadedError } from '../common/errors.js';
import type { TrainingEvent } from '../training/events.js';
import { fromWireError } from './error-wire.js';
import type { ChildTask, ChildTasks, RunEnd, TrainingOrder, TrainingReport } from './training-messages.js';

export interface TrainingProcessOptions<T extends ChildTask> {
  readonly task: T;
  readonly request: ChildTasks[T]['request'];
  readonly threads: number;
  /** With the run's number where there are several. */
  readonly onEvent?: (event: TrainingEvent, run?: number) => void;
  /** How one of several runs ended. */
  readonly onRunEnd?: (run: number, end: RunEnd<Error>) => void;
  /** JavaScript file of the child; tests give one of their own. */
  readonly entry?: URL | undefined;
  /** 0 to 19; the scheduler prefers serving to a child that is nicer. */
  readonly niceness?: number;
  /** A child that says nothing for this long hangs, and is killed. */
  readonly silenceMs?: number;
  /** Share of the time, above 0, that its steps get while they are held up. */
  readonly floor?: number;
}

const NICENESS = 15;
const SILENCE_MS = 900_000;
/** Last output of a child, kept for the report of its death. */
const KEPT_CHARACTERS = 4_000;
/** What a child may know of the environment: no key, no password. */
const PASSED = /^(PATH|HOME|TMPDIR|LANG|LC_\w+|TZ|LD_LIBRARY_PATH|CUDA_\w+|NVIDIA_\w+|TF_\w+)$/;

/**
 * One task in a process of its own: started → running → ended. It may be killed at any moment; what it has written as a
 * checkpoint is whole. It ends by itself when this process is gone, and yields the cores to serving.
 */
export class TrainingProcess<T extends ChildTask> {
  /**
   * What came of the task. Rejects with the error that it threw, or with OverloadedError `training_process_died`
   * (retryable) when the process ended without a word.
   */
  readonly result: Promise<ChildTasks[T]['result']>;
  /** Resolves once the process is gone. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private last: TrainingReport | undefined;
  private output = '';
  private resident = 0;

  constructor(options: TrainingProcessOptions<T>) {
    const {
      task,
      request,
      threads,
      onEvent,
      onRunEnd,
      entry = childEntry(),
      niceness = NICENESS,
      silenceMs = SILENCE_MS,
      floor = 1,
    } = options;
    const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
    this.child = fork(fileURLToPath(entry), [], {
      serialization: 'advanced', // losses that are not finite come through
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--enable-source-maps'],
      env: { ...Object.fromEntries(passed), OMP_NUM_THREADS: String(threads) },
    });
    const { child } = this;
    const silence = setTimeout(() => this.kill(), silenceMs);
    child.on('message', (report: TrainingReport) => {
      silence.refresh();
      if (report.type === 'event') onEvent?.(report.event, report.run);
      else if (report.type === 'run_ended') onRunEnd?.(report.run, fromWireEnd(report.end));
      else if (report.type === 'alive') this.resident = report.residentBytes;
      else this.last = report;
    });
    const keep = (chunk: Buffer): void => void (this.output = (this.output + String(chunk)).slice(-KEPT_CHARACTERS));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const exit = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    this.ended = exit.then(() => clearTimeout(silence));
    this.result = exit.then((how) => this.settle(how));
    this.result.catch(() => undefined); // whoever awaits it still sees the error
    this.order({ type: 'start', task, request, floor } as TrainingOrder);
    if (child.pid !== undefined) lowerPriority(child.pid, niceness);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** As the child said last; 0 before it did. */
  get residentBytes(): number {
    return this.resident;
  }

  /**
   * Lets the step that runs come to its end and a checkpoint be written; the result of `train` is then `aborted`.
   *
   * @param run  the one of several runs that stops; all when absent
   */
  stop(run?: number): void {
    this.order({ type: 'stop', ...(run !== undefined && { run }) });
  }

  /** Whether its steps are held up, but for the share of the time that is their floor. */
  hold(isHeld: boolean): void {
    this.order({ type: 'hold', isHeld });
  }

  /** Ends the process at once. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  private order(order: TrainingOrder): void {
    if (!this.child.connected) return;
    this.child.send(order, () => undefined); // a child that is gone tells by its exit
  }

  private settle(how: string): ChildTasks[T]['result'] {
    if (this.last?.type === 'done') return this.last.result;
    if (this.last?.type === 'failed') throw fromWireError(this.last.error);
    const said = this.output.trim() === '' ? '' : `: ${this.output.trim()}`;
    throw new OverloadedError(`training process: expected a result, got ${how}${said}`, {
      code: 'training_process_died',
    });
  }
}

function fromWireEnd(end: RunEnd): RunEnd<Error> {
  return 'error' in end ? { error: fromWireError(end.error) } : end;
}

/** A process that has ended already, or that may not be made nicer, stays as it is: the run matters more. */
function lowerPriority(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    return;
  }
}

/** Node 20 cannot fork TypeScript, so code that runs from its sources (tests) uses the built file. */
function childEntry(from: string = import.meta.url): URL {
  return new URL(from.endsWith('.ts') ? '../../dist/runtime/training-child.js' : './training-child.js', from);
}
