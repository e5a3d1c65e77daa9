import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseExecutor } from './choose-executor.js';

let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'tessera-engine-'));
});
afterAll(() => rm(cacheDir, { recursive: true }));

it.each([
  ['onnx-cpu', 'onnx-cpu'],
  ['tfjs-cpu', 'tfjs-cpu'],
] as const)('%s is what was asked for', async (engine, name) => {
  const executor = await chooseExecutor({ engine, precision: 'fp32', threads: 1, cacheDir });
  expect(executor.name).toBe(name);
  await executor.dispose();
});

it('auto is an engine that works here', async () => {
  const executor = await chooseExecutor({ engine: 'auto', precision: 'auto', threads: 1, cacheDir });
  expect(['onnx-cpu', 'onnx-cuda']).toContain(executor.name);
  await executor.dispose();
});

it('refuses a precision it does not compute', async () => {
  const settings = { engine: 'onnx-cpu', precision: 'int8', threads: 1, cacheDir } as const;
  await expect(chooseExecutor(settings)).rejects.toThrow('expected auto or fp32, got int8');
});
