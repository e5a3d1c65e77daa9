import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { createRuntime, workerEntry } from './create-runtime.js';

it('makes an engine in this thread from a model directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-runtime-'));
  await writeTinyModel(join(folder, 'base'), { modelType: 'bert', task: 'sequence' });
  const runtime = await createRuntime({
    place: 'here',
    name: 'tiny',
    directory: join(folder, 'base'),
    engine: 'onnx-cpu',
    precision: 'auto',
    threads: 1,
    cacheDir: join(folder, 'cache'),
  });
  expect(runtime.base).toMatchObject({ name: 'tiny', family: 'bert', engine: 'onnx-cpu', layers: 2, hidden: 12 });
  const inputIds = Int32Array.of(2, 7, 3);
  const { rows } = await runtime.run([{ inputIds, bricks: [], heads: ['base'], task: { kind: 'sequence' } }]);
  expect(rows[0]!.shape).toEqual([3]);
  await runtime.stop();
  await rm(folder, { recursive: true });
});

it('takes the built worker when it runs from its sources, else the one beside it', () => {
  for (const from of ['file:///app/src/runtime/create-runtime.ts', 'file:///app/dist/runtime/create-runtime.js']) {
    expect(workerEntry('import-worker', from).href).toBe('file:///app/dist/runtime/import-worker.js');
  }
});
