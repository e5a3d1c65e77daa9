import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Executor } from '../../src/engine/executors/executor.js';
import { createOnnxExecutor } from '../../src/engine/executors/onnx.js';
import { createTfjsExecutor } from '../../src/engine/executors/tfjs.js';

export interface Executors {
  readonly onnx: Executor;
  readonly tfjs: Executor;
}

/**
 * Both executors, for the spec file that calls this; closed after its last test, when the number of tfjs tensors must
 * be back at its start.
 */
export function useExecutors(): () => Executors {
  let executors: Executors | undefined;
  let cacheDir = '';
  let tensorsAtStart = 0;

  beforeAll(async () => {
    tf.env().set('IS_TEST', true); // silences the advice to install the native backend
    cacheDir = await mkdtemp(join(tmpdir(), 'engine-'));
    executors = {
      onnx: await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir }),
      tfjs: await createTfjsExecutor({ backend: 'cpu' }),
    };
    tensorsAtStart = tf.memory().numTensors;
  });

  afterAll(async () => {
    await executors?.onnx.dispose();
    await executors?.tfjs.dispose();
    await rm(cacheDir, { recursive: true, force: true });
    expect(tf.memory().numTensors, 'tfjs tensors left alive').toBe(tensorsAtStart);
  });

  return () => {
    if (!executors) throw new Error('useExecutors: expected a call inside a test');
    return executors;
  };
}
