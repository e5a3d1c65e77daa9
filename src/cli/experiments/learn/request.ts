import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingSpecInput } from '../../../training/hyperparameters.js';
import { defaultRate } from '../../../training/methods/default-rates.js';
import { BASE } from '../adapter-tests.js';
import type { CellRequest } from './cell.js';
import type { LearnMethod } from './methods.js';
import type { LearnTask, TaskData } from './tasks.js';

export interface TaskFiles {
  readonly train: string;
  readonly validation: string;
  readonly test: string;
}

/** Rows of short texts gain little from a second thread; the second core runs another cell. */
const THREADS = 1;
/** Masked LM before the task: passes over the training texts, and the rate of all weights. */
const ADAPT = { epochs: 10, learningRate: 2e-4 };

/** Writes the splits of a task as training reads them. */
export async function writeSplits(data: TaskData, directory: string): Promise<TaskFiles> {
  await mkdir(directory, { recursive: true });
  const write = async (split: keyof TaskData): Promise<string> => {
    const path = join(directory, `${split}.jsonl`);
    await writeFile(path, data[split].map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  };
  return { train: await write('train'), validation: await write('validation'), test: await write('test') };
}

/** The run of one method on one task. */
export function requestOf(
  task: LearnTask,
  row: LearnMethod,
  { files, directory, seed, learningRate }: RequestPlace,
): CellRequest {
  const shared = {
    base: BASE,
    maxTokens: task.maxTokens,
    batchSize: 16,
    clipNorm: 1,
    seed,
    threads: THREADS,
    checkpointEvery: 1_000_000,
  };
  const metric = task.metric;
  const spec: TrainingSpecInput = {
    ...shared,
    task: task.task,
    method: row.method,
    data: { train: files.train, validation: files.validation },
    epochs: task.epochs,
    learningRate: learningRate ?? defaultRate(row.method),
    earlyStopping: { metric, patience: task.epochs },
  };
  const adapt: TrainingSpecInput = {
    ...shared,
    ...ADAPT,
    task: 'masked_lm',
    method: { name: 'full' },
    data: { train: files.train },
  };
  return {
    spec,
    ...(row.adaptsFirst && { adapt }),
    test: files.test,
    ...(row.openedAs && { openedAs: row.openedAs }),
    metric,
    directory,
    measuresStart: seed === 0,
  };
}

export interface RequestPlace {
  readonly files: TaskFiles;
  readonly directory: string;
  readonly seed: number;
  /** The method's own when absent. */
  readonly learningRate?: number;
}
