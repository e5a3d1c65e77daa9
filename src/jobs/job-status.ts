/** OpenAI's statuses, and `paused`. */
export const JOB_STATUSES = [
  'validating_files',
  'queued',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** A worker has something to do for these, now or when its turn comes. */
export const OPEN_STATUSES = ['validating_files', 'queued', 'running'] as const satisfies readonly JobStatus[];

/** Nothing leaves these. */
export const ENDED_STATUSES = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly JobStatus[];

export function hasEnded(status: JobStatus): boolean {
  return (ENDED_STATUSES as readonly JobStatus[]).includes(status);
}
