import { WHOLE_METHODS } from '../../adapters/whole-model.js';
import { ValidationError } from '../../common/errors.js';
import { sizeOf, tensor } from '../../engine/tensor.js';
import type { HeadLabels } from '../../models/heads.js';
import type { Example } from '../datasets/example.js';
import { taskLabel } from '../datasets/task-label.js';
import type { TrainingSpec } from '../hyperparameters.js';
import type { ModSquadObjective } from '../objectives/mod-squad.js';
import type { MultiTaskOptions } from '../objectives/multi-task.js';
import type { ParameterTensors } from '../parameter.js';
import { LOG_VARIANCES, type TaskHeads } from '../step/run-model.js';
import type { Trainable } from '../trainable.js';

/** One task of a run with several. */
export interface RunTask {
  readonly name: string;
  /** Its labels, which are rows `first` to `first + labels.length` of the run's head. */
  readonly labels: readonly string[];
  readonly first: number;
  readonly weight: number;
}

/** Objectives of rows that name their task. */
export type TasksObjective = MultiTaskOptions | ModSquadObjective;

/**
 * The tasks of an objective of several.
 *
 * @param shared  labels of the one head that all tasks share; each has a head of its own when absent
 * @throws ValidationError  for a run that several tasks cannot share
 */
export function tasksOf(
  spec: TrainingSpec,
  examples: readonly Example[],
  shared: readonly string[] | undefined,
): RunTask[] | undefined {
  const { task, problem, method, initial, accumulation, gradientCheckpointing } = spec;
  const objective = tasksObjective(spec);
  if (!objective) return undefined;
  const rules: [boolean, string, string][] = [
    [task === 'sequence_classification' && problem === 'single', 'objective', `${task}, ${problem}`],
    [!WHOLE_METHODS.includes(method.name), 'adapter', method.name],
    [initial === undefined, 'model', 'one to go on from'],
    [accumulation === 1 && !gradientCheckpointing, 'hyperparameters', 'accumulation or gradient_checkpointing'],
  ];
  const broken = rules.find(([isKept]) => !isKept);
  if (broken) {
    const rule = 'several tasks are classified by an adapter that starts anew, each batch at once';
    throw new ValidationError(`objective: ${rule}, got ${broken[2]}`, { param: broken[1] });
  }
  if (!shared) return runTasks(objective, spec.labels, examples);
  return byName(objective.tasks).map(([name, weight]) => ({ name, labels: shared, first: 0, weight }));
}

export function tasksObjective({ objective }: Pick<TrainingSpec, 'objective'>): TasksObjective | undefined {
  return objective?.name === 'multi_task' || objective?.name === 'mod_squad' ? objective : undefined;
}

/** In the order of names, for a stored object keeps none. */
function byName(tasks: TasksObjective['tasks']): [string, number][] {
  return Object.entries(tasks).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The tasks of a run by name, and their labels: those of the data, sorted. Their heads lie one below the other in one matrix.
 *
 * @param given  `task/label`; those of the examples when absent
 * @throws ValidationError  for a task with fewer than two labels
 */
function runTasks(
  { tasks }: TasksObjective,
  given: readonly string[] | undefined,
  examples: readonly Example[],
): RunTask[] {
  const all = new Set(given ?? examples.flatMap((example) => taskLabel(example) ?? []));
  let first = 0;
  return byName(tasks).map(([name, weight]) => {
    const own = [...all].filter((label) => label.startsWith(`${name}/`)).map((label) => label.slice(name.length + 1));
    if (own.length < 2) throw new ValidationError(`labels: expected at least 2 of task ${name}, got ${own.length}`);
    const task = { name, labels: own.sort(), first, weight };
    first += own.length;
    return task;
  });
}

/** The labels of all heads, in the order of the matrix. */
export function headsLabels(tasks: readonly RunTask[]): HeadLabels {
  return { labels: tasks.flatMap(({ name, labels }) => labels.map((label) => `${name}/${label}`)), problem: 'single' };
}

/** @param isShared  all tasks answer by one head */
export function taskHeads(tasks: readonly RunTask[], objective: TasksObjective, isShared: boolean): TaskHeads {
  const owners = isShared ? undefined : tasks.flatMap(({ labels }, at) => labels.map(() => at));
  return {
    names: tasks.map(({ name }) => name),
    weights: tasks.map(({ weight }) => weight),
    isLearned: objective.weighting === 'uncertainty',
    ...(owners && { owners }),
    ...(objective.name === 'mod_squad' && { balance: { law: objective.balance, weight: objective.balanceWeight } }),
  };
}

/** With the log-variances of the tasks among the parameters, where they are learned. */
export function withLogVariances(trainable: Trainable, { weights, isLearned }: TaskHeads, layers: number): Trainable {
  if (!isLearned) return trainable;
  const shape = [weights.length];
  const initial = tensor('float32', shape, new Float32Array(weights.length));
  const parameter = { name: LOG_VARIANCES, shape, decay: false, rate: 1, layer: layers, initial };
  return { ...trainable, parameters: [...trainable.parameters, parameter] };
}

/**
 * The parameters of one task's adapter: those of the run, and of its head the rows of this task.
 *
 * @param own  as the method starts it with this task's labels alone
 * @throws ValidationError  for a parameter that is neither
 */
export function taskParameters(own: Trainable, all: ParameterTensors, { first, labels }: RunTask): ParameterTensors {
  return new Map(
    own.parameters.map(({ name, shape }) => {
      const held = all.get(name);
      if (held?.shape.join() === shape.join()) return [name, held];
      if (!held || held.shape.slice(1).join() !== shape.slice(1).join() || shape[0] !== labels.length) {
        throw new ValidationError(`training: ${name}: expected the rows of a head or a shared tensor, got another`);
      }
      const width = sizeOf(shape.slice(1));
      return [name, tensor('float32', shape, held.data.slice(first * width, (first + labels.length) * width))];
    }),
  );
}
