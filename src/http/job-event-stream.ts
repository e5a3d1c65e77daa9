import { Injectable } from '@nestjs/common';
import { JobNotices } from '../jobs/job-notices.js';
import { hasEnded } from '../jobs/job-status.js';
import { JobsService } from '../jobs/jobs.service.js';
import { eventView } from './fine-tuning-views.js';

const PAGE = 200;
/** Events that another process wrote come at most this late; also how often a silent line is kept open. */
const LOOK_MS = 1_000;
const KEEP_ALIVE_LOOKS = 15;

/** A job's events as server-sent events: those there are, then each as it comes, `[DONE]` when the job has ended. */
@Injectable()
export class JobEventStream {
  constructor(
    private readonly jobs: JobsService,
    private readonly notices: JobNotices,
  ) {}

  /** @param after  number of the last event that the reader knows */
  async *read(tenantId: string, jobId: string, after = 0): AsyncGenerator<string> {
    let [last, silentLooks] = [after, 0];
    while (!this.notices.ended.aborted) {
      const { job, events, hasMore } = await this.jobs.events(tenantId, jobId, {
        limit: PAGE,
        after: last,
        oldestFirst: true,
      });
      for (const event of events) yield `event: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
      last = events.at(-1)?.number ?? last;
      silentLooks = events.length > 0 ? 0 : silentLooks + 1;
      if (hasMore) continue;
      if (hasEnded(job.status)) {
        yield 'data: [DONE]\n\n';
        return;
      }
      if (silentLooks >= KEEP_ALIVE_LOOKS) {
        yield ': still here\n\n';
        silentLooks = 0;
      }
      await this.notices.wait(job.id, LOOK_MS);
    }
  }
}
