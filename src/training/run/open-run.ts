import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import { fromDirectory, type AdapterFiles } from '../../adapters/files.js';
import { PEFT_CONFIG } from '../../adapters/peft-format.js';
import { VERBALISER_FILE } from '../../adapters/verbaliser/verbaliser-file.js';
import { WHOLE_METHODS } from '../../adapters/whole-model.js';
import type { BaseModel } from '../../models/base-model.js';
import { directorySource } from '../../models/directory-source.js';
import type { HeadLabels } from '../../models/heads.js';
import { loadBaseModel } from '../../models/load.js';
import type { Example } from '../datasets/example.js';
import { readExamples } from '../datasets/spool.js';
import { isGrowing } from '../adapt/next-change.js';
import type { TrainingSpec } from '../hyperparameters.js';
import type { MethodOptions } from '../methods/options.js';
import { openMethod, startMethod } from '../methods/table.js';
import { objectiveOptions, type ObjectiveOptions } from '../objectives/table.js';
import { Random } from '../../common/random.js';
import type { TaskHeads } from '../step/run-model.js';
import type { Trainable } from '../trainable.js';
import { frozenLabels } from './frozen-head.js';
import { balancedObjective, labelCounts } from './label-balance.js';
import { encodeExample, runLabels, type EncodedExample } from './encoded-example.js';
import { promptLabels, promptOf, type PromptRun } from './prompt-run.js';
import { headsLabels, taskHeads, tasksObjective, tasksOf, withLogVariances, type RunTask } from './task-heads.js';

/** A run before its first step: everything that was read. */
export interface OpenRun {
  readonly spec: TrainingSpec;
  readonly base: BaseModel;
  readonly labels: HeadLabels | undefined;
  readonly trainable: Trainable;
  readonly objective: ObjectiveOptions;
  /** For objective `prompt`, whose head in the graph is that of masked_lm. */
  readonly prompt: PromptRun | undefined;
  /** For objective `multi_task`. */
  readonly tasks: readonly RunTask[] | undefined;
  readonly train: readonly EncodedExample[];
  readonly validation: readonly EncodedExample[];
  /** Of all that decides the run but for where its files lie. */
  readonly fingerprint: string;
}

/**
 * Reads base, data and what the run goes on from.
 *
 * @param shared  the base of the specification, where another run has read it already
 * @throws ValidationError  for data that the task cannot learn from, and for an `adapt` that the method cannot do
 */
export async function openRun(spec: TrainingSpec, shared?: BaseModel): Promise<OpenRun> {
  checkAdapts(spec);
  const isBaseSized = WHOLE_METHODS.includes(spec.method.name);
  const baseDirectory = isBaseSized ? (spec.initial ?? spec.base) : spec.base;
  const known = baseDirectory === spec.base ? shared : undefined;
  const base = known ?? (await loadBaseModel(directorySource(baseDirectory)));
  const examples = await readAll(spec.data.train);
  const held = spec.data.validation === undefined ? [] : await readAll(spec.data.validation);
  if (examples.length === 0) throw new ValidationError('training data: expected at least one row, got none');
  const initial = spec.initial === undefined || isBaseSized ? undefined : await fromDirectory(spec.initial);
  const prompt = promptOf(spec, base, initial);
  const frozen = frozenLabels(spec, base);
  const tasks = tasksOf(spec, examples, frozen?.labels);
  const own = () => (tasks ? headsLabels(tasks) : runLabels(spec.task, spec.problem, spec.labels, examples));
  const found = frozen ?? own();
  const labels = prompt && found ? promptLabels(prompt, found.labels) : found;
  const context = {
    base,
    task: headTask({ spec, prompt }),
    ...(labels && { labels }),
    tasks: tasks?.map(({ name }) => name),
    ...(frozen && { isHeadFrozen: true }),
    random: Random.stream(spec.seed, 'initial'),
    ...(isBaseSized && { baseFiles: await smallFiles(baseDirectory) }),
  };
  const adapter = initial && withoutVerbaliser(initial);
  const started = adapter ? openMethod(adapter, spec.method, context) : startMethod(spec.method, context);
  const trainable = withTasks(started, { spec, base, tasks });
  const asked = prompt?.objective ?? spec.objective ?? usualObjective(spec, labels, examples);
  if ((asked.name === 'distillation') !== (spec.teacher !== undefined)) {
    const got = `${asked.name} ${spec.teacher === undefined ? 'without' : 'with'} one`;
    throw new ValidationError(`teacher: expected one with distillation and with nothing else, got ${got}`);
  }
  const room = Math.min(spec.maxTokens, roomOf(base, trainable));
  const options = {
    task: spec.task,
    maxTokens: room,
    needsLikeness: asked.name === 'cosine_similarity',
    ...(labels && { labels }),
    prompt,
    tasks,
    sharesLabels: frozen !== undefined,
  };
  const encode = (example: Example): EncodedExample => encodeExample(example, base.tokenizer, options);
  const train = examples.map(encode);
  const counts = labels && labels.problem !== 'regression' ? labelCounts(labels, train) : [];
  if (spec.resample !== 'none' && train.some(({ label }) => label === undefined)) {
    throw new ValidationError(`resample: expected none unless each row has one label, got ${spec.resample}`);
  }
  return {
    spec,
    base,
    labels,
    trainable,
    prompt,
    tasks,
    objective: balancedObjective(asked, spec, { counts, targets: train.length }),
    train,
    validation: held.map(encode),
    fingerprint: fingerprintOf(spec, base, trainable, [examples, held]),
  };
}

/** What the graph needs to know of several tasks. */
export function headsOf({ spec, tasks }: Pick<OpenRun, 'spec' | 'tasks'>): TaskHeads | undefined {
  const objective = tasksObjective(spec);
  return tasks && objective ? taskHeads(tasks, objective, spec.head === 'frozen') : undefined;
}

function withTasks(trainable: Trainable, run: Pick<OpenRun, 'spec' | 'base' | 'tasks'>): Trainable {
  const heads = headsOf(run);
  return heads ? withLogVariances(trainable, heads, run.base.config.layers) : trainable;
}

/** The adapter of one task as the method starts it. */
export function taskTrainable({ spec, base }: OpenRun, { labels }: RunTask): Trainable {
  const random = Random.stream(spec.seed, 'initial');
  return startMethod(spec.method, { base, task: spec.task, random, labels: { labels, problem: 'single' } });
}

/** The task whose head the graph has. */
export function headTask({ spec, prompt }: Pick<OpenRun, 'spec' | 'prompt'>): AdapterTask {
  return prompt ? 'masked_lm' : spec.task;
}

/** The run with another method, whose parameters begin as it starts them; random ones by the step of the change. */
export function withMethod(run: OpenRun, method: MethodOptions, step: number): OpenRun {
  const { spec, base, labels } = run;
  const random = Random.stream(spec.seed, 'enlarge', step);
  const trainable = startMethod(method, { base, task: headTask(run), random, ...(labels && { labels }) });
  return { ...run, spec: { ...spec, method }, trainable: withTasks(trainable, run) };
}

/** @throws ValidationError  for a run that cannot change while it trains and is told to */
function checkAdapts({ adapt, method, initial }: TrainingSpec): void {
  if (!adapt || (isGrowing(method) && initial === undefined)) return;
  const got = initial === undefined ? method.name : `${method.name} that goes on from files`;
  throw new ValidationError(`adapt: expected lora or dora that starts anew, got ${got}`);
}

/** The adapter beside a verbaliser; none where it stands alone. */
function withoutVerbaliser(files: AdapterFiles): AdapterFiles | undefined {
  if (!files.has(VERBALISER_FILE)) return files;
  const rest = new Map([...files].filter(([name]) => name !== VERBALISER_FILE));
  return rest.has(PEFT_CONFIG) ? rest : undefined;
}

/** Tokens of a row that the position table has room for beside the virtual ones. */
function roomOf({ config }: BaseModel, { promptTokens, prefixTokens }: Trainable): number {
  return config.positions - config.positionOffset - promptTokens - prefixTokens;
}

/** Pairs that all have a value are learned by it, others as each other's negatives. */
function usualObjective(
  { task }: TrainingSpec,
  labels: HeadLabels | undefined,
  examples: readonly Example[],
): ObjectiveOptions {
  if (task === 'embedding') {
    const isValued = examples.every(({ value }) => value !== undefined);
    return objectiveOptions.parse({ name: isValued ? 'cosine_similarity' : 'multiple_negatives' });
  }
  const names = { single: 'cross_entropy', multi: 'binary_cross_entropy', regression: 'mean_squared_error' } as const;
  return objectiveOptions.parse({ name: names[labels?.problem ?? 'single'] });
}

async function readAll(path: string): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const batch of readExamples(path)) for (const [, example] of batch) examples.push(example);
  return examples;
}

/** Files of a model beside its weights. */
async function smallFiles(directory: string): Promise<Map<string, Uint8Array>> {
  const names = (await readdir(directory)).filter(
    (name) => /\.(json|txt|model)$/.test(name) && !name.includes('index'),
  );
  const read = names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(directory, name))]);
  return new Map(await Promise.all(read));
}

/** Paths and threads are left out: a run may go on elsewhere. */
function fingerprintOf(
  spec: TrainingSpec,
  base: BaseModel,
  { parameters }: Trainable,
  data: readonly (readonly Example[])[],
): string {
  const { base: _base, data: _data, initial: _initial, teacher: _teacher, threads: _threads, ...rest } = spec;
  const hash = createHash('sha256').update(JSON.stringify([rest, base.digest]));
  for (const { name, initial } of parameters) hash.update(name).update(initial.data);
  for (const examples of data) for (const example of examples) hash.update(`${JSON.stringify(example)}\n`);
  return hash.digest('hex');
}
