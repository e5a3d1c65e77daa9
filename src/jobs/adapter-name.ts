import { join } from 'node:path';
import type { ModelRef } from '../registry/adapter-version.js';
import { isAdapterName } from '../composition/member.js';
import type { TrainingResult } from '../training/events.js';
import type { JobRequest } from './job-request.js';

const MAX_NAME = 63;

interface MadeAdapter {
  readonly name: string;
  readonly directory: string;
}

/**
 * The adapter that a job's version belongs to: named by the suffix, as far as its characters may stand in a name; without
 * one the parent's, or a new one named after the job.
 */
export function adapterNameFor({ suffix }: Pick<JobRequest, 'suffix'>, parent: ModelRef, jobId: string): string {
  const wished = (suffix ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, MAX_NAME);
  if (isAdapterName(wished)) return wished;
  return parent.kind === 'adapter' ? parent.version.name : `ft-${jobId.slice(0, 8)}`;
}

/** What a run made: adapters by name and folder, one a task where it has tasks. */
export function madeAdapters({ files, tasks }: Pick<TrainingResult, 'files' | 'tasks'>, name: string): MadeAdapter[] {
  if (!tasks) return [{ name, directory: files }];
  return tasks.map((task) => ({ name: taskAdapterName(name, task), directory: join(files, task) }));
}

function taskAdapterName(name: string, task: string): string {
  return `${name.slice(0, MAX_NAME - task.length - 1)}-${task}`;
}
