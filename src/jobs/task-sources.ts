import { z } from 'zod';
import type { JsonObject } from '../common/json.js';
import { taskLabel } from '../training/datasets/task-label.js';
import { taskName } from '../training/objectives/multi-task.js';
import type { JobRequest } from './job-request.js';
import { optionFault } from './option-fault.js';

const OF_TASKS: readonly string[] = ['multi_task', 'mod_squad'];

const fileId = z.string().min(1).max(100);
const taskSources = z
  .array(
    z.strictObject({
      name: taskName,
      training_file: fileId,
      validation_file: fileId.nullish(),
      weight: z.number().positive().default(1),
    }),
  )
  .min(2)
  .max(64)
  .refine((tasks) => new Set(tasks.map(({ name }) => name)).size === tasks.length, 'expected each name once');

/** A task with a file of its own, as the request has it; ids of files are those of the API. */
export type TaskSource = z.output<typeof taskSources>[number];

type Request = Pick<JobRequest, 'objective'>;

/**
 * The tasks of a job that names a file for each, in their order; undefined for any other.
 *
 * @throws ValidationError  for a list that is wrong, `param` objective
 */
export function taskSourcesOf({ objective }: Request): readonly TaskSource[] | undefined {
  const tasks = tasksIn(objective);
  if (!Array.isArray(tasks)) return undefined;
  const parsed = z.object({ tasks: taskSources }).safeParse({ tasks });
  if (parsed.success) return parsed.data.tasks;
  throw optionFault('objective', parsed.error.issues, { tasks });
}

/** Names of the tasks whose heads a job trains; undefined for a job of one. */
export function tasksOf(request: Request): string[] | undefined {
  const sources = taskSourcesOf(request);
  return sources ? sources.map(({ name }) => name) : rowTasksOf(request);
}

/** Those names where rows say which task they are of. */
export function rowTasksOf({ objective }: Request): string[] | undefined {
  const tasks = tasksIn(objective);
  return typeof tasks === 'object' && tasks !== null && !Array.isArray(tasks) ? Object.keys(tasks) : undefined;
}

/** The objective as a run has it: of its tasks the weights alone. */
export function runObjective(request: Request): JsonObject | undefined {
  const sources = taskSourcesOf(request);
  if (!sources) return request.objective;
  return { ...request.objective, tasks: Object.fromEntries(sources.map(({ name, weight }) => [name, weight])) };
}

/** The request that prepares the data of one task: as that of a job which has this task alone. */
export function taskRequest(request: JobRequest, task: string): JobRequest {
  const { objective: _objective, labels, ...rest } = request;
  const prefix = taskLabel({ task, label: '' })!;
  const own = labels?.filter((label) => label.startsWith(prefix)).map((label) => label.slice(prefix.length));
  return { ...rest, ...(own && { labels: own }) };
}

function tasksIn(objective: JobRequest['objective']): unknown {
  return objective && OF_TASKS.includes(objective.name) ? objective['tasks'] : undefined;
}
