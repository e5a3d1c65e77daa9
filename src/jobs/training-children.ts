import { Inject, Injectable } from '@nestjs/common';
import { CancelledError } from '../common/errors.js';
import { CONFIG, type Config } from '../config/config.js';
import type { TrainingEvent } from '../training/events.js';
import type { ChildTask, ChildTasks } from '../runtime/training-messages.js';
import { TrainingProcess } from '../runtime/training-process.js';
import type { ClaimWatch } from './claim-watch.js';

/** Nest token of the child's JavaScript file; undefined: the service's own. */
export const CHILD_ENTRY = Symbol('ChildEntry');

/** Starts child processes that end when their claim's watch says so, and waits until they are gone. */
@Injectable()
export class TrainingChildren {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CHILD_ENTRY) private readonly entry: URL | undefined,
  ) {}

  /** @throws CancelledError  when the watch killed it, and whatever the task threw */
  async run<T extends ChildTask>(
    task: T,
    request: ChildTasks[T]['request'],
    { watch, onEvent }: { watch: ClaimWatch; onEvent?: (event: TrainingEvent) => void },
  ): Promise<ChildTasks[T]['result']> {
    const { threads } = this.config.training;
    const child = new TrainingProcess({ task, request, threads, entry: this.entry, ...(onEvent && { onEvent }) });
    const limit = { timer: undefined as NodeJS.Timeout | undefined };
    const stop = (): void => {
      child.stop();
      limit.timer ??= setTimeout(() => child.kill(), this.config.limits.shutdownTimeoutMs);
    };
    const kill = (): void => child.kill();
    watch.stop.addEventListener('abort', stop);
    watch.kill.addEventListener('abort', kill);
    if (watch.stop.aborted) stop();
    if (watch.kill.aborted) kill();
    try {
      return await child.result;
    } catch (error) {
      // Killed by us: whatever it said last does not count.
      if (watch.kill.aborted || watch.stop.aborted)
        throw new CancelledError('run: stopped before it ended', { cause: error });
      throw error;
    } finally {
      await child.ended;
      clearTimeout(limit.timer);
      watch.stop.removeEventListener('abort', stop);
      watch.kill.removeEventListener('abort', kill);
    }
  }
}
