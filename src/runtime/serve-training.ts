import type { TrainingEvent } from '../training/events.js';
import { toWireError } from './error-wire.js';
import { StepGate } from './step-gate.js';
import type { ChildTask, ChildTasks, RunEnd, TrainingOrder, TrainingReport } from './training-messages.js';

const ALIVE_MS = 5_000;

/** What a task is given besides its request. */
export interface TaskContext {
  /** @param run  its number where there are several */
  onEvent(event: TrainingEvent, run?: number): void;
  onRunEnd(run: number, end: RunEnd): void;
  /** Aborted when the parent asks it to stop. */
  readonly signal: AbortSignal;
  /** Aborted when the parent asks this one of several runs to stop, or all. */
  signalOf(run: number): AbortSignal;
  /** Resolves when the next step may begin. */
  turn(): Promise<void>;
}

/** What the child can do. */
export type TaskTable = {
  readonly [T in ChildTask]: (
    request: ChildTasks[T]['request'],
    context: TaskContext,
  ) => Promise<ChildTasks[T]['result']>;
};

/**
 * The child's side of a training process: waits for its order, does it, reports, and ends the process. When the parent is
 * gone there is nobody to work for: the process ends at once.
 */
export function serveTraining(child: NodeJS.Process, tasks: TaskTable): void {
  const stops = new Stops();
  let gate: StepGate | undefined;
  const report = (message: TrainingReport): void => void child.send?.(message);
  const alive = setInterval(() => report({ type: 'alive', residentBytes: child.memoryUsage.rss() }), ALIVE_MS);

  child.on('disconnect', () => child.exit(1));
  child.on('message', (order: TrainingOrder) => {
    if (order.type === 'stop') {
      stops.stop(order.run);
      gate?.nudge();
      return;
    }
    if (order.type === 'hold') {
      if (order.isHeld) gate?.hold();
      else gate?.open();
      return;
    }
    const steps = (gate = new StepGate(order.floor));
    const context: TaskContext = {
      onEvent: (event, run) => report({ type: 'event', event, ...(run !== undefined && { run }) }),
      onRunEnd: (run, end) => report({ type: 'run_ended', run, end }),
      signal: stops.ofAll,
      signalOf: (run) => stops.of(run),
      turn: () => steps.pass(),
    };
    const task = tasks[order.task] as (request: unknown, context: TaskContext) => Promise<never>;
    task(order.request, context)
      .then(
        (result): TrainingReport => ({ type: 'done', result }),
        (error: unknown): TrainingReport => ({ type: 'failed', error: toWireError(error) }),
      )
      .then((last) => {
        clearInterval(alive);
        child.send?.(last, () => child.exit(0)); // the last report has to be on its way first
      })
      .catch(() => child.exit(1));
  });
}

/** What was told to stop: all, or runs by their number. */
class Stops {
  private readonly all = new AbortController();
  private readonly runs = new Map<number, AbortController>();

  get ofAll(): AbortSignal {
    return this.all.signal;
  }

  of(run: number): AbortSignal {
    return AbortSignal.any([this.all.signal, this.controller(run).signal]);
  }

  stop(run: number | undefined): void {
    (run === undefined ? this.all : this.controller(run)).abort();
  }

  private controller(run: number): AbortController {
    const found = this.runs.get(run) ?? new AbortController();
    this.runs.set(run, found);
    return found;
  }
}
