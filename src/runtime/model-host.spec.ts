import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distance, RowMaker } from '../../test/support/tiny-host.js';
import { CHANGES, modelFiles, replaced, wholeBrick } from '../../test/support/whole-model.js';
import { randomBrick } from '../../test/support/random-brick.js';
import type { Executor } from '../engine/executors/executor.js';
import { createOnnxExecutor } from '../engine/executors/onnx.js';
import { readSafetensors } from '../engine/io/safetensors.js';
import type { BaseModel } from '../models/base-model.js';
import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { quantizeTrunk } from '../models/quantize.js';
import { EngineHost, type HostedBase } from './engine-host.js';
import { ModelHost } from './model-host.js';
import type { Row, Runtime } from './protocol.js';
import { replacedBase } from './replaced-base.js';

const TOLERANCE = 1e-5;
let cacheDir: string;
let executor: Executor;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'tessera-models-'));
  executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
});
afterAll(async () => {
  await executor.dispose();
  await rm(cacheDir, { recursive: true });
});

const hostOf = (base: HostedBase): ModelHost => new ModelHost({ name: 'tiny', base, executor });
const answer = async (host: Runtime, row: Row): Promise<Float32Array> => (await host.run([row])).rows[0]!.data;

describe('a version that is a model of its own', () => {
  it('answers as the base when its weights equal the base, and holds its head alone', async () => {
    const base = await replaced(modelFiles());
    const host = hostOf(base);
    const brick = await wholeBrick(modelFiles(CHANGES.none), base);
    expect([...brick.model!.tensors.keys()].sort()).toEqual(['classifier.bias', 'classifier.weight']);
    await host.load('same', brick);
    const rows = new RowMaker(base, 1);
    for (const task of [{ kind: 'sequence' }, { kind: 'hidden' }, { kind: 'embedding', pooling: 'mean' }] as const) {
      const row = rows.row('same', { task });
      expect(distance(await answer(host, row), await answer(host, { ...row, bricks: [], heads: ['base'] }))).toBe(0);
    }
  });

  it.each([
    ['bert', 'top'],
    ['bert', 'all'],
    ['roberta', 'all'],
    ['distilbert', 'all'],
    ['electra', 'all'],
    ['mpnet', 'all'],
  ] as const)('of %s with %s of it changed answers as a service of it alone', async (modelType, change) => {
    const base = await replaced(modelFiles(CHANGES.none, { modelType }));
    const files = modelFiles(CHANGES[change], { modelType });
    const alone = hostOf(await replaced(files));
    const host = hostOf(base);
    await host.load('own', await wholeBrick(files, base));
    const row = new RowMaker(base, 2).row('own');
    const got = await answer(host, row);
    expect(distance(got, await answer(alone, { ...row, bricks: [], heads: ['base'] }))).toBeLessThan(TOLERANCE);
    expect(distance(got, await answer(host, { ...row, bricks: [], heads: ['base'] }))).toBeGreaterThan(1e-3);
  });

  it.each(['token', 'masked_lm'] as const)('with a %s head answers over a base that has none', async (task) => {
    const base = await replaced(modelFiles(CHANGES.none, { task: 'base' }));
    const files = modelFiles(CHANGES.all, { task });
    const alone = hostOf(await replaced(files));
    const host = hostOf(base);
    await host.load('own', await wholeBrick(files, base));
    const asked = task === 'token' ? ({ kind: task } as const) : ({ kind: task, positions: [0, 2] } as const);
    const row = new RowMaker(base, 3).row('own', { task: asked, tokens: 5 });
    const expected = await answer(alone, { ...row, bricks: [], heads: ['base'] });
    expect(distance(await answer(host, row), expected)).toBeLessThan(TOLERANCE);
  });

  it('does not touch its neighbours in a batch, nor they it', async () => {
    const base = await replaced(modelFiles());
    const host = hostOf(base);
    await host.load('own', await wholeBrick(modelFiles(CHANGES.all), base));
    await host.load('lora', randomBrick('lora', base.sites, { seed: 1, labels: 3 }));
    const maker = new RowMaker(base, 4);
    const rows = [maker.row('own'), maker.row(), maker.row('lora'), maker.row('own')];
    const together = await host.run(rows);
    expect(together.timings.rows).toBe(4);
    for (const [at, row] of rows.entries()) {
      expect(distance(together.rows[at]!.data, await answer(host, row))).toBeLessThan(TOLERANCE);
    }
  });

  it('is alone or refused, and gone once it is unloaded', async () => {
    const base = await replaced(modelFiles());
    const host = hostOf(base);
    await host.load('own', await wholeBrick(modelFiles(CHANGES.top), base));
    await host.load('own', await wholeBrick(modelFiles(CHANGES.top), base));
    expect(host.modelCount).toBe(1);
    const row = new RowMaker(base, 5).row('own');
    for (const bricks of [[{ id: 'own', weight: 0.5 }], [...row.bricks, { id: 'lora', weight: 1 }]]) {
      await expect(host.run([{ ...row, bricks }])).rejects.toMatchObject({ status: 400 });
    }
    const running = host.run([row]);
    await host.unload('own');
    await expect(running).resolves.toBeDefined();
    await expect(host.run([row])).rejects.toMatchObject({ code: 'brick_not_resident' });
    expect(host.modelCount).toBe(0);
  });

  it('holds one tensor in memory with the base wherever it left it as it is', async () => {
    const base = await replaced(modelFiles());
    const { weights } = replacedBase(base, (await wholeBrick(modelFiles(CHANGES.top), base)).model!);
    const shared = [...weights].filter(([name, held]) => base.weights.get(name) === held);
    expect(weights.size - shared.length).toBe(18); // 16 of a layer, 2 of the pooler
    expect(shared.every(([name]) => !CHANGES.top.test(name))).toBe(true);
  });

  it('over a base in int8 is in int8 too', async () => {
    const files = modelFiles(CHANGES.top);
    const own = await replaced(modelFiles());
    const base = quantizeTrunk<BaseModel>(own);
    const host = hostOf(base);
    await host.load('own', await wholeBrick(files, own));
    const alone = new EngineHost({ name: 'tiny', base: quantizeTrunk<BaseModel>(await replaced(files)), executor });
    const row = new RowMaker(base, 6).row('own');
    const expected = await answer(alone, { ...row, bricks: [], heads: ['base'] });
    expect(distance(await answer(host, row), expected)).toBeLessThan(TOLERANCE);
  });

  it('gives the logits that PyTorch gives after full fine-tuning', async () => {
    const path = (name: string): string => join('test/goldens', name);
    const read = (file: string) => readFile(path(join('base/bert_train_full_final', file)));
    const base = await loadBaseModel(directorySource(path('base/bert_seqcls')));
    const tokenizerJson = await readFile(path('base/bert_seqcls/tokenizer.json'));
    const files = new Map<string, Uint8Array>();
    for (const name of ['config.json', 'model.safetensors']) files.set(name, await read(name));
    const { tensors } = readSafetensors(await readFile(path('cases/bert/served_full.safetensors')));
    const host = hostOf(base);
    await host.load('full', await wholeBrick(files, { ...base, tokenizerJson }));
    const [ids, mask, types] = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => tensors.get(name)!);
    const width = ids!.shape[1]!;
    const rows = Array.from({ length: ids!.shape[0]! }, (_, at): Row => {
      const length = mask!
        .toInt32()
        .subarray(at * width, (at + 1) * width)
        .reduce((a, b) => a + b, 0);
      const cut = (held: typeof ids): Int32Array => held!.toInt32().slice(at * width, at * width + length);
      const bricks = [{ id: 'full', weight: 1 }];
      return { inputIds: cut(ids), tokenTypeIds: cut(types), bricks, heads: ['full'], task: { kind: 'sequence' } };
    });
    const got = Float32Array.from((await host.run(rows)).rows.flatMap(({ data }) => [...data]));
    expect(distance(got, tensors.get('logits_after')!.toFloat32())).toBeLessThan(1e-4);
  });
});
