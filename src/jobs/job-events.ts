import type { EntityManager } from 'typeorm';
import { JobEventEntity, type JobEvent } from './job-event.entity.js';
import type { FineTuningJob } from './fine-tuning-job.entity.js';

export type NewJobEvent = Pick<JobEvent, 'message'> & Partial<Pick<JobEvent, 'level' | 'type' | 'data'>>;

/** Appends events to a job in a transaction of its tenant; the job's row gives their numbers, so writers take turns. */
export async function appendEvents(
  manager: EntityManager,
  { id: jobId, tenantId }: Pick<FineTuningJob, 'id' | 'tenantId'>,
  events: readonly NewJobEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const [rows] = await manager.query<[{ event_count: number }[], number]>(
    'update fine_tuning_jobs set event_count = event_count + $2 where id = $1 returning event_count',
    [jobId, events.length],
  );
  const last = rows[0]?.event_count;
  if (last === undefined) return; // the job went with its tenant
  const createdAt = new Date();
  const numbered = events.map((event, at) => ({
    ...{ jobId, tenantId, number: last - events.length + at + 1, createdAt },
    ...{ level: 'info', type: 'message', data: null },
    ...event,
  }));
  await manager.insert(JobEventEntity, numbered as never); // TypeORM's partial of a json column is not its type
}
