import type { TrainingResult } from '../training/events.js';
import type { ChildTasks } from '../runtime/training-messages.js';
import type { GroupRun, RunCompanions } from './group-process.js';
import type { TrainingChildren } from './training-children.js';

type RunRequest = ChildTasks['train']['request'];

/** What a claimed job's run trains with. */
export interface Trainer {
  /** @throws CancelledError  when the watch ended it */
  train(request: RunRequest, companions: RunCompanions): Promise<TrainingResult>;
}

/** The place of one job in a group; whoever has it trains, or leaves. */
export interface Seat extends Trainer {
  leave(): void;
}

/**
 * The runs of jobs that were taken together: gathering → under way. Each either trains or leaves, as one does that fails
 * before; when all have decided, those that train share a process, and one that is left over has its own. From then on they
 * end one by one, each with its own result.
 */
export class TrainingGroup {
  private readonly runs: GroupRun[] = [];

  constructor(
    private readonly children: TrainingChildren,
    private undecided: number,
  ) {}

  seat(): Seat {
    let hasDecided = false;
    const decide = (): void => {
      if (hasDecided) return;
      hasDecided = true;
      this.undecided--;
      if (this.undecided === 0) this.start();
    };
    return {
      train: (request, companions) =>
        new Promise((resolve, reject) => {
          this.runs.push({ request, ...companions, resolve, reject });
          decide();
        }),
      leave: decide,
    };
  }

  private start(): void {
    const [only, ...others] = this.runs;
    if (!only) return;
    if (others.length > 0) void this.children.runTogether(this.runs);
    else this.children.run('train', only.request, only).then(only.resolve, only.reject);
  }
}
