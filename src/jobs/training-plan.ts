import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { ValidationError } from '../common/errors.js';
import { issueText, type SchemaIssue } from '../common/schema-issue.js';
import type { JsonObject, JsonValue } from '../common/json.js';
import { camelCase, snakeCase } from '../common/key-case.js';
import { advise, type Plan } from '../training/advisor/advise.js';
import type { Facts } from '../training/advisor/facts.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { trainingSpec, type TrainingSpec, type TrainingSpecInput } from '../training/hyperparameters.js';
import type { JobRequest } from './job-request.js';
import { optionFault } from './option-fault.js';
import { runObjective } from './task-sources.js';

/** Where a run finds its files, and what its data are. */
export interface RunPlace {
  readonly base: string;
  readonly train: string;
  readonly validation?: string | undefined;
  /** Directory of the adapter that training goes on from. */
  readonly initial?: string | undefined;
  /** What the advisor goes by. */
  readonly facts: Facts;
  readonly labels?: readonly string[] | undefined;
  readonly threads: number;
}

/** Names of the API that are not the specification's in snake case. */
const RENAMED: Readonly<Record<string, string>> = { n_epochs: 'epochs' };
/** Objects with options of their own, whose first keys are in snake case too. Deeper ones are names of modules. */
const GROUPS = ['optimizer', 'schedule', 'dropout', 'early_stopping'];
/** Parts of the specification that a caller's hyper-parameters say nothing about. */
const OURS = [
  'base',
  'task',
  'problem',
  'labels',
  'method',
  'objective',
  'initial',
  'teacher',
  'data',
  'seed',
  'threads',
  'adapt',
];

/**
 * The run that a request asks for, with what it leaves to us filled in.
 *
 * @throws ValidationError  for options that are unknown or out of bounds, with the request's key as `param`
 */
export function planTraining(request: JobRequest, place: RunPlace): TrainingSpec {
  const auto = adviseRun(request, place.facts);
  const asked = hyperparametersOf(request.hyperparameters);
  const { learningRateMultiplier, ...own } = asked;
  const rate = own['learningRate'] ?? auto.learningRate;
  const input: Record<keyof TrainingSpecInput & string, unknown> | JsonObject = {
    epochs: auto.epochs,
    batchSize: auto.batchSize,
    ...(auto.earlyStopping && isAuto(request) && { earlyStopping: auto.earlyStopping }),
    ...(auto.labelWeights && isAuto(request) && !request.objective && { labelWeights: auto.labelWeights }),
    ...(auto.adapt && isAuto(request) && place.initial === undefined && { adapt: auto.adapt }),
    ...own,
    learningRate: typeof learningRateMultiplier === 'number' ? Number(rate) * learningRateMultiplier : rate,
  };
  const { method: name, ...options } = request.adapter;
  const objective = runObjective(request);
  const spec = {
    ...input,
    base: place.base,
    task: request.task,
    ...(request.problem !== undefined && { problem: request.problem }),
    ...labelsOf(request, place),
    method: isAuto(request) ? auto.method : { name, ...camelKeys(options) },
    ...(objective && { objective: camelKeys(objective) }),
    ...(place.initial !== undefined && { initial: place.initial }),
    data: { train: place.train, ...(place.validation !== undefined && { validation: place.validation }) },
    seed: request.seed,
    threads: place.threads,
  };
  const parsed = trainingSpec.safeParse(spec);
  if (parsed.success) return parsed.data;
  const [issue]: readonly SchemaIssue[] = parsed.error.issues;
  if (!issue) throw parsed.error;
  const param = paramOf((issue.path ?? []).map(String));
  const keys = issue.keys && { keys: issue.keys.map(snakeCase) };
  throw new ValidationError(`${param}: ${issueText({ ...issue, ...keys }, spec)}`, {
    param: param.split('.')[0] ?? param,
  });
}

/** The labels of a run in their order: those that the request names, else those of the data. */
export function labelsFor(request: Pick<JobRequest, 'labels'>, card: DataCard): readonly string[] | undefined {
  const labels = card.labels.map(({ label }) => label);
  return request.labels ?? (labels.length > 0 ? labels : undefined);
}

/** What the advisor says of a request whose data have these facts. */
export function adviseRun(
  { adapter, hyperparameters }: Pick<JobRequest, 'adapter' | 'hyperparameters'>,
  facts: Facts,
): Plan {
  const { batch_size: batchSize, n_epochs: epochs } = hyperparameters;
  return advise(
    { ...facts, budgetSeconds: budgetOf(adapter) },
    {
      ...(adapter.method !== 'auto' && { method: { name: adapter.method, ...camelKeys(adapter) } }),
      asked: { ...(isCount(batchSize) && { batchSize }), ...(isCount(epochs) && { epochs }) },
    },
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

/** What `auto` has options for. */
const autoOptions = z.strictObject({
  method: z.literal('auto'),
  budget_seconds: z.number().positive().max(1e9).optional(),
});

/** @throws ValidationError  for options of a method that was not named */
function budgetOf(adapter: JobRequest['adapter']): number | undefined {
  if (adapter.method !== 'auto') return undefined;
  const parsed = autoOptions.safeParse(adapter);
  if (parsed.success) return parsed.data.budget_seconds;
  throw optionFault('adapter', parsed.error.issues, adapter);
}

function isAuto({ adapter }: Pick<JobRequest, 'adapter'>): boolean {
  return adapter.method === 'auto';
}

/** Refuses a request that no run can be made of, before it becomes a job. */
export function checkPlan(request: JobRequest): void {
  const { task, problem = 'single' } = request;
  const unknown = { rows: 1_000, hasValidation: true, labels: [], imbalance: 1, rowTokens: 32 };
  const facts = { task, problem, ...unknown };
  planTraining(request, { base: 'base', train: 'train', facts, threads: availableParallelism() });
}

function labelsOf(request: JobRequest, { labels = request.labels }: RunPlace): { labels?: readonly string[] } {
  return labels === undefined ? {} : { labels };
}

/** Without what is `auto`; names and groups as the specification has them. */
function hyperparametersOf(asked: JsonObject): Record<string, JsonValue> {
  const entries = Object.entries(asked).filter(([, value]) => value !== 'auto');
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const name = RENAMED[key] ?? camelCase(key);
      if (OURS.includes(name)) {
        throw new ValidationError(`hyperparameters: expected no key ${key}`, { param: 'hyperparameters' });
      }
      return [name, GROUPS.includes(key) && isObject(value) ? camelKeys(value) : value];
    }),
  );
}

function camelKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [camelCase(key), value]));
}

/** The request's key for a path of the specification. */
function paramOf([first = '', ...rest]: readonly string[]): string {
  const below = rest.map(snakeCase);
  if (first === 'method') return ['adapter', ...below.map((key) => (key === 'name' ? 'method' : key))].join('.');
  if (first === '' || OURS.includes(first)) return [snakeCase(first), ...below].join('.');
  const renamed = Object.entries(RENAMED).find(([, name]) => name === first)?.[0] ?? snakeCase(first);
  return ['hyperparameters', renamed, ...below].join('.');
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
