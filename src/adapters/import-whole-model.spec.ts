import { describe, expect, it } from 'vitest';
import { memorySource } from '../../test/support/memory-source.js';
import { tinyModelFiles } from '../../test/support/tiny-model.js';
import { CHANGES, modelFiles, replaced } from '../../test/support/whole-model.js';
import { recipeOf } from '../engine/io/tensor-recipe.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import { importWholeModel, openWholeModel } from './import-whole-model.js';
import { packBrick, unpackBrick } from './packed.js';

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const base = await replaced(modelFiles());
const edited = (edit: (tensors: Map<string, Tensor<'float32'>>) => unknown) =>
  tinyModelFiles({ modelType: 'bert', layers: 3, task: 'sequence', edit });
const importOf = (files: ReadonlyMap<string, Uint8Array>) => importWholeModel(memorySource(files), base);

describe('the import of a whole model', () => {
  it('keeps of a partly trained one its top layer, its pooler and its head', async () => {
    const { model, task, labels, report } = await importOf(modelFiles(CHANGES.top));
    const own = model!.weights.tensors.filter(({ name }) => model!.fromBase[name] === undefined);
    expect(own.every(({ name }) => CHANGES.top.test(name))).toBe(true);
    expect(own).toHaveLength(20);
    expect(model!.tasks).toEqual(['sequence_classification', 'embedding']);
    expect({ task, labels: labels?.labels }).toEqual({
      task: 'sequence_classification',
      labels: ['red', 'green', 'blue'],
    });
    expect(report.residentBytes).toBe(own.reduce((sum, { bytes }) => sum + bytes, 0));
    const stored = new Set(own.map(({ sha256 }) => sha256));
    expect(model!.packed.tensors.every(({ sha256 }) => stored.has(sha256))).toBe(true);
  });

  it('gives a brick that comes out of its packed form as it went in', async () => {
    const { brick } = await openWholeModel(memorySource(modelFiles(CHANGES.all)), base);
    const { model } = unpackBrick(packBrick(brick));
    expect(model!.config).toEqual(brick.model.config);
    expect([...model!.tensors.keys()].sort()).toEqual([...brick.model.tensors.keys()].sort());
    for (const [name, { shape, data }] of brick.model.tensors) {
      expect(model!.tensors.get(name)).toEqual(tensor('float32', shape, data));
    }
  });

  it('has the digest of what it says, whatever its card', async () => {
    const files = modelFiles(CHANGES.top);
    const carded = new Map([...files, ['card.json', json({ task: 'embedding', method: { name: 'partial' } })]]);
    const bare = await importOf(files);
    expect((await importOf(carded)).digest).toBe(bare.digest);
    expect(await importOf(carded)).toMatchObject({ task: 'embedding', report: { method: 'partial' } });
    expect((await importOf(modelFiles(CHANGES.all))).digest).not.toBe(bare.digest);
  });

  it('writes down its packed form and does not make it', async () => {
    const files = modelFiles(CHANGES.all);
    const { model, packed } = await importOf(files);
    const made = packBrick((await openWholeModel(memorySource(files), base)).brick);
    const { tensors, ...whole } = await recipeOf({ bytes: made.length, read: async (at, n) => made.slice(at, at + n) });
    expect(packed.byteLength).toBe(0);
    expect(model!.packed).toEqual({ ...whole, tensors: tensors.map(({ dtype: _, ...held }) => held) });
  });

  it.each<[string, () => ReadonlyMap<string, Uint8Array>, RegExp]>([
    ['another width', () => modelFiles(CHANGES.none, { hidden: 24 }), /shape of the base/],
    ['another depth', () => modelFiles(CHANGES.none, { layers: 2 }), /shape of the base/],
    ['another family', () => modelFiles(CHANGES.none, { modelType: 'roberta' }), /base/],
    ['another tokenizer', () => new Map([...modelFiles(), ['tokenizer.json', json({ version: '1.0' })]]), /base's own/],
    ['no JSON', () => new Map([...modelFiles(), ['config.json', new Uint8Array([1])]]), /expected JSON/],
    ['no weights', () => new Map([...modelFiles(), ['model.safetensors', new Uint8Array()]]), /safetensors/],
    [
      'numbers that are not finite',
      () => edited((tensors) => tensors.set('classifier.bias', tensor('float32', [3], Float32Array.of(0, NaN, 0)))),
      /classifier.bias: expected finite numbers, got NaN at 1/,
    ],
    [
      'a tensor too few',
      () => edited((tensors) => tensors.delete('bert.embeddings.word_embeddings.weight')),
      /no such tensor/,
    ],
  ])('refuses one with %s', async (_name, files, message) => {
    await expect(importOf(files())).rejects.toThrow(message);
  });
});
