import { join } from 'node:path';
import type { ModelRef } from '../registry/adapter-version.js';
import { isAdapterName } from '../composition/member.js';
import { partName } from '../registry/part-name.js';
import type { TrainingResult } from '../training/events.js';
import type { JobRequest } from './job-request.js';

const MAX_NAME = 63;

type Made = Pick<TrainingResult, 'files' | 'tasks' | 'squad' | 'fusion'>;

interface MadeAdapter {
  readonly name: string;
  readonly directory: string;
  /** Of a part of a squad or a composition: no model that the job names. */
  readonly isPart?: true;
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

/** What a run made: adapters by name and folder, one a task where it has tasks, experts and routers where it has a squad, a router of a fusion. */
export function madeAdapters({ files, tasks, squad, fusion }: Made, name: string): MadeAdapter[] {
  if (squad) {
    const part = (own: string, folder: string): MadeAdapter => {
      return { name: own, directory: join(files, folder), isPart: true };
    };
    return [
      ...squad.experts.map((expert) => part(partName(name, expert.name), expert.folder)),
      ...squad.routers.map(({ task, folder }) => part(routerName(name, task), folder)),
    ];
  }
  if (fusion) return [{ name: fusionRouterName(name), directory: files, isPart: true }];
  if (!tasks) return [{ name, directory: files }];
  return tasks.map((task) => ({ name: taskAdapterName(name, task), directory: join(files, task) }));
}

/** Names of those adapters of a run that are no models which the job names. */
export function partsOf(result: Made, name: string): string[] {
  return madeAdapters(result, name).flatMap((made) => (made.isPart ? [made.name] : []));
}

/** The task of each adapter and composition of a run that is of one task, by their names. */
export function madeTasks(
  { tasks = [], squad }: Pick<TrainingResult, 'tasks' | 'squad'>,
  name: string,
): ReadonlyMap<string, string> {
  const routed = (squad?.routers ?? []).flatMap(({ task }) =>
    [routerName(name, task), partName(name, task)].map((own) => [own, task] as const),
  );
  return new Map([...tasks.map((task) => [taskAdapterName(name, task), task] as const), ...routed]);
}

/** The names of a composition that a squad's run made, and of its parts among the adapters. */
export interface MadeComposition {
  readonly name: string;
  readonly experts: readonly string[];
  readonly router: string;
}

/** One for each task of a squad: its router over all experts. */
export function madeCompositions({ squad }: Pick<TrainingResult, 'squad'>, name: string): MadeComposition[] {
  const experts = (squad?.experts ?? []).map((expert) => partName(name, expert.name));
  return (squad?.routers ?? []).map(({ task }) => {
    return { name: partName(name, task), experts, router: routerName(name, task) };
  });
}

/** Of what mixes the members of a composition. */
export function fusionRouterName(name: string): string {
  return partName(name, 'router');
}

function taskAdapterName(name: string, task: string): string {
  return `${name.slice(0, MAX_NAME - task.length - 1)}-${task}`;
}

function routerName(name: string, task: string): string {
  return partName(name, `${task}.router`);
}
