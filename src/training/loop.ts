import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DivergedError } from '../common/errors.js';
import { createOnnxExecutor } from '../engine/executors/onnx.js';
import type { TrainingEvent, TrainingResult } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import { RunProgress } from './run/run-progress.js';
import { RunWorker } from './run/run-worker.js';
import { openRun } from './run/open-run.js';

export interface TrainingOptions {
  /** Checkpoints and the result live here; a run goes on from the newest complete checkpoint. */
  readonly directory: string;
  onEvent(event: TrainingEvent): void;
  /** Stops after the step that runs, leaving a checkpoint. */
  readonly signal: AbortSignal;
}

/** See `train`. */
export async function runTraining(spec: TrainingSpec, options: TrainingOptions): Promise<TrainingResult> {
  const run = await openRun(spec);
  const cacheDir = join(options.directory, 'engine');
  await mkdir(cacheDir, { recursive: true });
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: spec.threads, cacheDir });
  try {
    const worker = await RunWorker.create(executor, run);
    try {
      const result = await steps(worker, options);
      options.onEvent({ type: 'finished', result });
      return result;
    } finally {
      await worker.dispose();
    }
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

async function steps(worker: RunWorker, options: TrainingOptions): Promise<TrainingResult> {
  const { directory, signal } = options;
  const onEvent = (event: TrainingEvent): void => options.onEvent(event);
  const { spec } = worker.run;
  const progress = await RunProgress.open(worker, directory);
  onEvent({
    type: 'started',
    totalSteps: worker.totalSteps,
    examples: worker.run.train.length,
    trainedParameters: worker.trainedParameters,
    resumedFrom: progress.step,
  });
  const checkpoint = async (): Promise<string> => {
    const saved = await progress.save();
    onEvent({ type: 'checkpoint', step: progress.step, directory: saved });
    return saved;
  };
  while (progress.step < worker.totalSteps && !progress.isStale) {
    if (signal.aborted) return progress.aborted(await checkpoint());
    const started = performance.now();
    const done = await worker.step(progress.step);
    if (!Number.isFinite(done.loss) || !Number.isFinite(done.gradNorm)) {
      const what = Number.isFinite(done.loss) ? `gradient norm ${done.gradNorm}` : `loss ${done.loss}`;
      throw new DivergedError(`training: step ${progress.step + 1}: expected a finite loss and gradient, got ${what}`);
    }
    progress.add(done, (performance.now() - started) / 1000);
    onEvent({ type: 'step', ...progress.report(done) });
    if (worker.isEvaluatedAfter(progress.step)) onEvent({ type: 'evaluated', ...(await progress.evaluate()) });
    const isLast = progress.step === worker.totalSteps || progress.isStale;
    if (progress.step % spec.checkpointEvery === 0 && !isLast) await checkpoint();
  }
  return progress.finish();
}
