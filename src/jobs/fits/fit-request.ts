import { ValidationError } from '../../common/errors.js';
import { camelCase, snakeCase } from '../../common/key-case.js';
import { shortened, type SchemaIssue } from '../../common/schema-issue.js';
import { isFitName, parseFit, type FitName, type FitOptions } from '../../training/fits/fit-options.js';
import type { ModelRef } from '../../registry/adapter-version.js';
import type { JobRequest } from '../job-request.js';
import { optionFault } from '../option-fault.js';
import { taskSourcesOf } from '../task-sources.js';

/** Fits of one adapter, which is the model that their job names; the others name members. */
const OF_AN_ADAPTER: readonly FitName[] = ['phatgoose', 'centroid'];
/** Fits that read texts only. */
const WITHOUT_LABELS: readonly string[] = ['centroid', 'floor'];
/** Fits that read no rows at all. */
const WITHOUT_ROWS: readonly string[] = ['merge'];

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
  const issues = parsed.error.issues.map((issue: SchemaIssue) => ({
    ...issue,
    path: issue.path?.map((key) => (typeof key === 'string' ? snakeCase(key) : key)),
    ...(issue.keys && { keys: issue.keys.map(snakeCase) }),
  }));
  throw optionFault('objective', issues, objective);
}

/** Whether a job reads rows, and so names a file with them. */
export function readsRows({ objective }: Pick<JobRequest, 'objective'>): boolean {
  return !WITHOUT_ROWS.includes(objective?.name ?? '');
}

/** @throws ValidationError  for a file that is missing, and one that would not be read */
export function expectFiles(request: JobRequest, files: Readonly<Record<FileKey, string | null>>): void {
  if (taskSourcesOf(request)) {
    expectNone(files, 'where each task names its own');
    return;
  }
  if (readsRows(request)) {
    if (files.training_file !== null) return;
    throw new ValidationError('training_file: expected the id of a file, got none', { param: 'training_file' });
  }
  expectNone(files, `with the objective ${request.objective?.name ?? ''}, which reads no rows`);
}

function expectNone(files: Readonly<Record<FileKey, string | null>>, where: string): void {
  for (const param of ['training_file', 'validation_file'] as const) {
    if (files[param] === null) continue;
    throw new ValidationError(`${param}: expected none ${where}, got ${shortened(files[param])}`, { param });
  }
}

type FileKey = 'training_file' | 'validation_file';

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
  const { adapter, hyperparameters, model, task, dataset, labels, problem } = request;
  const fault = (param: string, rule: string, got: string): ValidationError =>
    new ValidationError(`${param}: expected ${rule} with the objective ${name}, got ${got}`, { param });
  if (adapter.method !== 'auto' || Object.keys(adapter).length > 1) throw fault('adapter', 'none', adapter.method);
  const [hyperparameter] = Object.keys(hyperparameters);
  if (hyperparameter !== undefined) throw fault('hyperparameters', 'none', hyperparameter);
  if (!readsRows(request)) {
    const [option] = Object.keys(dataset);
    if (option !== undefined) throw fault('dataset', 'none', option);
    if (labels !== undefined) throw fault('labels', 'none', shortened(labels.join(', ')));
    if (problem !== undefined) throw fault('problem', 'none', problem);
  }
  if (!OF_AN_ADAPTER.includes(name)) {
    if (parent.kind !== 'base') throw fault('model', 'base', model);
    return;
  }
  if (parent.kind === 'base' || parent.version.summary.kind !== undefined)
    throw fault('model', 'an adapter of yours', parent.kind === 'base' ? model : `${model}, which is none`);
  const { summary } = parent.version;
  if (name === 'phatgoose' && summary.task !== task) throw fault('task', `${summary.task} as ${model} has it`, task);
}
