import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { ValidationError } from '../common/errors.js';
import { wrongCursor } from '../common/page.js';
import { toPublicId, fromPublicId } from '../common/public-id.js';
import type { JobRequest } from '../jobs/job-request.js';
import type { NewJob } from '../jobs/jobs.service.js';
import { Metadata, type CreateJobRequest, type JobsQuery } from './schemas/fine-tuning.js';
import { parseWith } from './validation.js';

const MAX_SEED = 2 ** 31 - 1;

/** What a body asks for; hyper-parameters stand in one place of the two that OpenAI has for them. */
export function toNewJob(body: z.output<typeof CreateJobRequest>): NewJob {
  const { hyperparameters, method } = body;
  const inner = method?.supervised?.hyperparameters;
  if (hyperparameters && inner) {
    throw new ValidationError('hyperparameters: expected them once, got them in method too', { param: 'method' });
  }
  const request = {
    model: body.model,
    task: body.task,
    problem: body.problem,
    labels: body.labels,
    adapter: body.adapter,
    objective: objectiveOf(body.objective),
    hyperparameters: hyperparameters ?? inner ?? {},
    dataset: body.dataset,
    seed: body.seed ?? randomInt(MAX_SEED),
    suffix: body.suffix ?? null,
  };
  return {
    request: request as JobRequest, // the body was JSON
    trainingFile: body.training_file ?? null,
    validationFile: body.validation_file ?? null,
    metadata: body.metadata ?? {},
  };
}

/** An objective is named by `name` or, as OpenAI names its kinds, by `type`. */
function objectiveOf(objective: z.output<typeof CreateJobRequest>['objective']) {
  if (!objective) return undefined;
  const { name, type, ...options } = objective;
  const [only, other] = [name ?? type, name === undefined ? undefined : type];
  if (only !== undefined && (other === undefined || other === only)) return { name: only, ...options };
  const got = only === undefined ? 'neither' : `${name} and ${type}`;
  throw new ValidationError(`objective: expected a name or a type, got ${got}`, { param: 'objective' });
}

/** The pairs of `metadata[key]=value` in a query. */
export function metadataOf(query: z.output<typeof JobsQuery>): Record<string, string> {
  const { limit: _limit, after: _after, ...others } = query;
  const pairs = Object.entries(others).map(([name, value]) => {
    const [, key] = /^metadata\[(.+)\]$/s.exec(name) ?? [];
    if (key !== undefined) return [key, value] as const;
    throw new ValidationError(`${name}: expected limit, after or metadata[key], got it`, { param: name });
  });
  return parseWith(Metadata, Object.fromEntries(pairs));
}

/** The number in an event's id, which must be one of this job's. */
export function eventNumber(jobId: string, eventId: string): number {
  const [, id = '', digits] = /^(ftevent-[0-9a-f]{32})-(\d{1,9})$/.exec(eventId) ?? [];
  const uuid = fromPublicId('ftevent', id);
  if (digits === undefined || uuid === undefined || toPublicId('ftjob', uuid) !== jobId) throw wrongCursor(eventId);
  return Number(digits);
}
