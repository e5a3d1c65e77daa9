import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import type { Example } from '../datasets/example.js';
import type { Metrics } from '../events.js';
import { trainingSpec, type TrainingSpec, type TrainingSpecInput } from '../hyperparameters.js';
import type { TrainingOptions } from '../loop.js';
import { train } from '../train.js';
import type { Balance } from './balance.js';
import { readSquad, type StoredSquad } from './squad-files.js';

/** One data set of those that train together. */
export interface SquadData {
  readonly name: string;
  readonly train: readonly Example[];
  readonly validation?: readonly Example[];
  /** Of its mean loss. Default 1. */
  readonly weight?: number;
}

type Method = Omit<Extract<TrainingSpecInput['method'], { name: 'mod_squad' }>, 'name'>;
type Rest = Omit<TrainingSpecInput, 'base' | 'task' | 'method' | 'objective' | 'data' | 'labels'>;

export interface SquadRequest {
  /** Directory of the base model. */
  readonly base: string;
  readonly tasks: readonly SquadData[];
  readonly method?: Method;
  /** Mutual information with weight 0.1 when absent. */
  readonly balance?: Balance;
  /** Epochs, rates, batches, seed, threads …; with `head: 'frozen'` all tasks answer by the base's head. */
  readonly spec?: Rest;
}

export interface TrainedSquad extends StoredSquad {
  /** On the validation data: `accuracy`, `accuracy_<task>`, `loss` …; and `train_loss`. */
  readonly metrics: Metrics;
  /** Where its files are; see `squadParts`. */
  readonly files: string;
  readonly steps: number;
}

/**
 * Trains experts that several tasks share, with a router for each task and place; see `modSquad`. A run like any other: it
 * goes on from its checkpoint in the directory, to the same result.
 *
 * @throws ValidationError  for less than two tasks, names that are none, data that a task cannot learn from
 */
export async function trainSquad(request: SquadRequest, options: TrainingOptions): Promise<TrainedSquad> {
  const spec = await layOut(request, options.directory);
  const { files, metrics, steps, stopped } = await train(spec, options);
  if (stopped === 'aborted') throw new ValidationError('squad: expected a run to its end, got one that was stopped');
  return { ...(await readSquad(files)), metrics, files, steps };
}

/** Writes the data where the run reads them. */
async function layOut(request: SquadRequest, directory: string): Promise<TrainingSpec> {
  const { base, tasks, method, balance, spec } = request;
  const data = join(directory, 'data');
  await mkdir(data, { recursive: true });
  const write = async (part: 'train' | 'validation'): Promise<string | undefined> => {
    const rows = tasks.flatMap((task) => (task[part] ?? []).map((row): Example => ({ ...row, task: task.name })));
    if (rows.length === 0) return undefined;
    const path = join(data, `${part}.jsonl`);
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  };
  const [trained, validation] = [await write('train'), await write('validation')];
  return trainingSpec.parse({
    ...spec,
    base,
    task: 'sequence_classification',
    method: { name: 'mod_squad', ...method },
    objective: {
      name: 'mod_squad',
      tasks: Object.fromEntries(tasks.map(({ name, weight = 1 }) => [name, weight])),
      ...(balance && { balance: balance.law, balanceWeight: balance.weight }),
    },
    data: { train: trained, ...(validation !== undefined && { validation }) },
  });
}
