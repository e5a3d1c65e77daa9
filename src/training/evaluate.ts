import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxExecutor } from '../engine/executors/onnx.js';
import type { Metrics } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import { calibrated } from './run/calibrate.js';
import { openRun } from './run/open-run.js';
import { RunWorker } from './run/run-worker.js';

/**
 * Metrics on `spec.data.validation` of what a run begins with: the files of `spec.initial`, or the method's own
 * initialisation. Nothing is trained.
 *
 * @throws ValidationError  for data that the task cannot be asked of
 */
export async function evaluateStart(spec: TrainingSpec): Promise<Metrics> {
  const run = await openRun({ ...spec, cacheTrunk: 'never' });
  const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-evaluate-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: spec.threads, plansMemory: false, cacheDir });
  try {
    const worker = new RunWorker(executor, await calibrated(executor, run));
    try {
      return await worker.evaluate();
    } finally {
      await worker.dispose();
    }
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}
