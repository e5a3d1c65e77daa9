import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Executor } from '../engine/executors/executor.js';
import { createOnnxExecutor } from '../engine/executors/onnx.js';
import type { TrainingResult } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import { RunCourse, type CourseOptions } from './run/run-course.js';
import { RunWorker } from './run/run-worker.js';
import { calibrated } from './run/calibrate.js';
import { openRun } from './run/open-run.js';

export interface TrainingOptions extends CourseOptions {
  /** Stops after the step that runs, leaving a checkpoint. */
  readonly signal: AbortSignal;
  /** Resolves when the next step may begin, which it may at once when this is absent. */
  turn?(): Promise<void>;
}

/** See `train`. */
export async function runTraining(spec: TrainingSpec, options: TrainingOptions): Promise<TrainingResult> {
  const run = await openRun(spec);
  return withEngine(options.directory, spec.threads, async (executor) => {
    const worker = new RunWorker(executor, await calibrated(executor, run));
    try {
      const result = await steps(await RunCourse.open(worker, options), options);
      options.onEvent({ type: 'finished', result });
      return result;
    } finally {
      await worker.dispose();
    }
  });
}

/** An executor whose files lie in the directory and are gone afterwards. */
export async function withEngine<T>(
  directory: string,
  threads: number,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const cacheDir = join(directory, 'engine');
  await mkdir(cacheDir, { recursive: true });
  const executor = await createOnnxExecutor({ provider: 'cpu', threads, plansMemory: false, cacheDir });
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

async function steps(course: RunCourse, options: TrainingOptions): Promise<TrainingResult> {
  while (!course.isDone) {
    await options.turn?.();
    if (options.signal.aborted) return course.abort();
    const started = performance.now();
    const done = await course.worker.step(course.step);
    await course.after(done, (performance.now() - started) / 1000);
  }
  return course.finish();
}
