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

it.each(['auto', 'onnx-cpu'] as const)('int8 with %s is the CPU', async (engine) => {
  const executor = await chooseExecutor({ engine, precision: 'int8', threads: 1, cacheDir });
  expect(executor.name).toBe('onnx-cpu');
  await executor.dispose();
});

it.each(['onnx-webgpu', 'onnx-cuda', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu'] as const)(
  'refuses int8 on %s by name',
  async (engine) => {
    const refused = chooseExecutor({ engine, precision: 'int8', threads: 1, cacheDir });
    await expect(refused).rejects.toThrow(`PRECISION: int8: expected ENGINE=auto or onnx-cpu, got ${engine}`);
    await expect(refused).rejects.toMatchObject({ status: 400 });
  },
);
