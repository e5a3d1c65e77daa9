import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxExecutor } from '../../src/engine/executors/onnx.js';
import { createTfjsExecutor } from '../../src/engine/executors/tfjs.js';
import { tensor } from '../../src/engine/tensor.js';
import { directorySource } from '../../src/models/directory-source.js';
import { buildExport } from '../../src/models/export.js';
import { loadBaseModel } from '../../src/models/load.js';
import { positionIds } from '../../src/models/position-ids.js';
import { TINY_MODEL_TYPES, writeTinyModel } from '../support/tiny-model.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-models-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('directorySource', () => {
  it('lists files, their sizes and any part of them', async () => {
    const directory = join(root, 'plain');
    await mkdir(join(directory, 'folder'), { recursive: true });
    await writeFile(join(directory, 'b'), 'bytes');
    await writeFile(join(directory, 'a'), '');
    const source = directorySource(directory);
    expect(await source.list()).toEqual([
      { name: 'a', bytes: 0 },
      { name: 'b', bytes: 5 },
    ]);
    expect(await source.stat('folder')).toBeUndefined();
    expect(await source.stat('c')).toBeUndefined();
    expect(Buffer.from(await source.read('b', { start: 1, bytes: 3 })).toString()).toBe('yte');
    await expect(source.read('b', { start: 3, bytes: 3 })).rejects.toThrow('expected 6 bytes, got 5');
    await expect(source.read('c')).rejects.toThrow('got nothing there');
  });

  it.each(['../b', '/etc/passwd', 'a/b', '..', '.', '', 'a\\b', 'a\0'])(
    'never leaves the directory: %j',
    async (name) => {
      const source = directorySource(root);
      await expect(source.read(name)).rejects.toThrow('expected a plain file name');
      await expect(source.stat(name)).rejects.toThrow('expected a plain file name');
    },
  );

  it('says when there is no directory', async () => {
    await expect(directorySource(join(root, 'absent')).list()).rejects.toThrow('got nothing there');
    await expect(loadBaseModel(directorySource(join(root, 'absent')))).rejects.toThrow('config.json: expected a file');
  });
});

it.each(TINY_MODEL_TYPES)('%s gives the same masked-LM logits on ONNX Runtime and on tfjs', async (modelType) => {
  const directory = join(root, modelType);
  await writeTinyModel(directory, { modelType, task: 'masked_lm', positions: 300 });
  const model = await loadBaseModel(directorySource(directory));
  const graph = buildExport(model, { task: 'masked_lm' });
  const [batch, seq] = [2, 150]; // beyond the last bucket of relative distances
  const ids = Int32Array.from({ length: batch * seq }, (_, i) =>
    i % seq >= 100 && i >= seq ? model.config.padTokenId : 5 + (i % 40),
  );
  const rows = Array.from({ length: batch }, (_, row) =>
    positionIds(model.config, ids.subarray(row * seq, (row + 1) * seq)),
  );
  const mask = Int32Array.from(ids, (_, i) => (i % seq >= 100 && i >= seq ? 0 : 1));
  const feeds = {
    input_ids: tensor('int32', [batch, seq], ids),
    position_ids: tensor('int32', [batch, seq], Int32Array.from(rows.flatMap((row) => [...row]))),
    attention_mask: tensor('int32', [batch, seq], mask),
    ...(model.config.tokenTypes > 0 && { token_type_ids: tensor('int32', [batch, seq], new Int32Array(batch * seq)) }),
  };
  const executors = [
    await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir: join(root, 'cache') }),
    await createTfjsExecutor({ backend: 'cpu' }),
  ];
  const [onnx, tfjs] = await Promise.all(executors.map(async (executor) => (await executor.compile(graph)).run(feeds)));
  const got = onnx!['logits']!.data as Float32Array;
  const expected = tfjs!['logits']!.data;
  expect(got.every(Number.isFinite)).toBe(true);
  expect(got.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0)).toBeLessThan(2e-5);
  await Promise.all(executors.map((executor) => executor.dispose()));
});
