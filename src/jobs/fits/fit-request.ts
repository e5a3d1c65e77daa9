import { ValidationError } from '../../common/errors.js';
import { camelCase } from '../../common/key-case.js';
import { isFitName, parseFit, type FitName, type FitOptions } from '../../training/fits/fit-options.js';
import type { ModelRef } from '../../registry/adapter-version.js';
import type { JobRequest } from '../job-request.js';
import { optionFault } from '../option-fault.js';

/** Fits of one adapter, which is the model that their job names; the others name members. */
const OF_AN_ADAPTER: readonly FitName[] = ['phatgoose', 'centroid'];
/** Fits that read texts only. */
const WITHOUT_LABELS: readonly string[] = ['centroid', 'floor'];

/**
 * What a job fits; undefined for one that trains.
 *
 * @throws ValidationError  for options that are unknown or out of bounds, `param` objective
 */
export function fitOf({ objective }: Pick<JobRequest, 'objective'>): FitOptions | undefined {
  if (!objective || !isFitName(objective.name)) return undefined;
  const options = Object.fromEntries(Object.entries(objective).map(([key, value]) => [camelCase(key), value]));
  const parsed = parseFit(objective.name, options);
  if (parsed.success) return parsed.data;
  throw optionFault('objective', parsed.error.issues, objective);
}

/** Whether the rows of a job must say what is right. */
export function needsLabels({ objective }: Pick<JobRequest, 'objective'>): boolean {
  return objective?.name !== 'distillation' && !WITHOUT_LABELS.includes(objective?.name ?? '');
}

/**
 * A request that fits says all in its objective, and names an adapter only where that is what is fitted.
 *
 * @throws ValidationError  naming the key
 */
export function checkFit(request: JobRequest, { name }: FitOptions, parent: ModelRef): void {
  const { adapter, hyperparameters, model, task } = request;
  const fault = (param: string, rule: string, got: string): ValidationError =>
    new ValidationError(`${param}: expected ${rule} with the objective ${name}, got ${got}`, { param });
  if (adapter.method !== 'auto' || Object.keys(adapter).length > 1) throw fault('adapter', 'none', adapter.method);
  const [hyperparameter] = Object.keys(hyperparameters);
  if (hyperparameter !== undefined) throw fault('hyperparameters', 'none', hyperparameter);
  if (!OF_AN_ADAPTER.includes(name)) {
    if (parent.kind !== 'base') throw fault('model', 'base', model);
    return;
  }
  if (parent.kind === 'base' || parent.version.summary.kind !== undefined)
    throw fault('model', 'an adapter of yours', parent.kind === 'base' ? model : `${model}, which is none`);
  const { summary } = parent.version;
  if (name === 'phatgoose' && summary.task !== task) throw fault('task', `${summary.task} as ${model} has it`, task);
}
