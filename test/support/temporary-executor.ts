import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../../src/engine/executors/executor.js';
import { createOnnxExecutor } from '../../src/engine/executors/onnx.js';

export interface TemporaryExecutor {
  readonly executor: Executor;
  close(): Promise<void>;
}

/** ONNX Runtime on one thread, with files in a temporary folder. */
export async function temporaryExecutor(): Promise<TemporaryExecutor> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-engine-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, plansMemory: false, cacheDir });
  const close = async (): Promise<void> => {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  };
  return { executor, close };
}
