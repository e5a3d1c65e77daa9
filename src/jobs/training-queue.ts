import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';

export const FINE_TUNING = 'fine_tuning';

/**
 * The queue of tickets. A ticket says that there may be something to do, not what: the worker that gets it takes whatever
 * the jobs' rows say is next. So a ticket that comes twice does nothing twice, and one that is lost is made again.
 */
@Injectable()
export class TrainingQueue {
  private readonly log = new Logger('TrainingQueue');

  constructor(@InjectQueue(FINE_TUNING) private readonly queue: Queue) {
    queue.on('error', (error) => this.log.warn(`queue: ${error.message}`));
  }

  /** After a job's row was written. Should the queue be away, the workers' own look at the rows makes up for it. */
  async announce(): Promise<void> {
    try {
      await this.add(1);
    } catch (error) {
      this.log.warn(`no ticket: ${String(error)}`);
    }
  }

  /** Sees to it that at least `count` tickets wait. */
  async ensure(count: number): Promise<void> {
    const waiting = await this.queue.getJobCountByTypes('waiting', 'delayed', 'prioritized');
    if (waiting < count) await this.add(count - waiting);
  }

  /** Removes the records of old tickets. */
  async clean(keepMs: number, limit: number): Promise<void> {
    await this.queue.clean(keepMs, limit, 'completed');
    await this.queue.clean(keepMs, limit, 'failed');
  }

  private async add(count: number): Promise<void> {
    const opts = { attempts: 3, backoff: { type: 'exponential', delay: 1_000 } };
    await this.queue.addBulk(Array.from({ length: count }, () => ({ name: 'ticket', data: {}, opts })));
  }
}
