import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import type { ChildTask, ChildTasks } from '../runtime/training-messages.js';
import { TrainingProcess } from '../runtime/training-process.js';
import type { TrainingEvent } from '../training/events.js';
import type { ClaimWatch } from './claim-watch.js';
import { GroupProcess, stopped, type GroupRun } from './group-process.js';
import { TrainingGovernor } from './training-governor.js';
import { WorkDirectories } from './work-directories.js';

/** Nest token of the child's JavaScript file; undefined: the service's own. */
export const CHILD_ENTRY = Symbol('ChildEntry');

/** Starts child processes that end when their claims' watches say so, and waits until they are gone. */
@Injectable()
export class TrainingChildren {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CHILD_ENTRY) private readonly entry: URL | undefined,
    private readonly directories: WorkDirectories,
    private readonly governor: TrainingGovernor,
    private readonly metrics: TrainingMetrics,
  ) {}

  /** @throws CancelledError  when the watch killed it, and whatever the task threw */
  async run<T extends ChildTask>(
    task: T,
    request: ChildTasks[T]['request'],
    { watch, onEvent }: { watch: Pick<ClaimWatch, 'stop' | 'kill'>; onEvent?: (event: TrainingEvent) => void },
  ): Promise<ChildTasks[T]['result']> {
    const child = this.start({ task, request, ...(onEvent && { onEvent }) });
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
      throw watch.kill.aborted || watch.stop.aborted ? stopped(error) : error;
    } finally {
      await child.ended;
      clearTimeout(limit.timer);
      watch.stop.removeEventListener('abort', stop);
      watch.kill.removeEventListener('abort', kill);
    }
  }

  /** Several runs in one process; each of them ends by itself, see `GroupProcess`. */
  async runTogether(runs: readonly GroupRun[]): Promise<void> {
    const group = new GroupProcess(runs, this.config.limits.shutdownTimeoutMs);
    const name = randomUUID();
    try {
      const directory = await this.directories.make(name);
      const request = { runs: runs.map((run) => run.request), directory };
      this.metrics.groupRuns.observe(runs.length);
      await group.follow(this.start({ task: 'train_together', request, ...group.listeners }));
      await this.directories.remove(name);
    } catch (error) {
      group.fail(error);
    }
  }

  private start<T extends ChildTask>(
    options: Pick<ConstructorParameters<typeof TrainingProcess<T>>[0], 'task' | 'request' | 'onEvent' | 'onRunEnd'>,
  ): TrainingProcess<T> {
    const { threads, floor } = this.config.training;
    const child = new TrainingProcess<T>({ ...options, threads, entry: this.entry, floor });
    this.governor.govern(child);
    return child;
  }
}
