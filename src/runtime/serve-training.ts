import type { TrainingEvent } from '../training/events.js';
import { toWireError } from './error-wire.js';
import type { ChildTask, ChildTasks, TrainingOrder, TrainingReport } from './training-messages.js';

const ALIVE_MS = 5_000;

/** What a task is given besides its request. */
export interface TaskContext {
  onEvent(event: TrainingEvent): void;
  /** Aborted when the parent asks it to stop. */
  readonly signal: AbortSignal;
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
  const stopping = new AbortController();
  const report = (message: TrainingReport): void => void child.send?.(message);
  const alive = setInterval(() => report({ type: 'alive', residentBytes: child.memoryUsage.rss() }), ALIVE_MS);

  child.on('disconnect', () => child.exit(1));
  child.on('message', (order: TrainingOrder) => {
    if (order.type === 'stop') {
      stopping.abort();
      return;
    }
    const context: TaskContext = { onEvent: (event) => report({ type: 'event', event }), signal: stopping.signal };
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
