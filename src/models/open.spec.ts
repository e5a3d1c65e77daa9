import { describe, expect, it } from 'vitest';
import { memorySource } from '../../test/support/memory-source.js';
import { rawSafetensors } from '../../test/support/raw-safetensors.js';
import { TINY_MODEL_TYPES, tinyModelFiles } from '../../test/support/tiny-model.js';
import { readSafetensors } from '../engine/io/safetensors.js';
import { loadBaseModel } from './load.js';
import { openBase, openBaseWithTokenizer } from './open.js';

describe.each(TINY_MODEL_TYPES)('openBase of %s', (modelType) => {
  it.each(['base', 'sequence', 'token', 'masked_lm'] as const)('is the loaded base of task %s', async (task) => {
    const files = tinyModelFiles({ modelType, task });
    const [open, loaded] = [await openBaseWithTokenizer(memorySource(files)), await loadBaseModel(memorySource(files))];
    for (const field of ['config', 'sites', 'labels'] as const) expect(open[field]).toEqual(loaded[field]);
    expect([...open.weights.keys()]).toEqual([...loaded.weights.keys()]);
    for (const [name, { data, shape }] of loaded.weights) {
      expect([open.weights.get(name)!.shape, open.weights.get(name)!.data], name).toEqual([shape, data]);
    }
    expect(Object.keys(open.heads)).toEqual(Object.keys(loaded.heads));
    const decoder = loaded.heads.maskedLm?.decoder.weight;
    expect(open.heads.maskedLm?.decoder.weight.data).toEqual(decoder?.data);
    expect(open.tokenizer.encode('the').ids).toEqual(loaded.tokenizer.encode('the').ids);
  });
});

describe('openBase', () => {
  const files = tinyModelFiles({ modelType: 'bert', task: 'masked_lm' });

  it('reads the headers alone, and then what is asked for, the last tensor once', async () => {
    const source = memorySource(files);
    const { weights } = await openBase(source);
    expect(source.reads.filter((file) => file === 'model.safetensors')).toHaveLength(2);
    const query = weights.get('encoder.layer.0.attention.self.query.weight')!;
    expect(query.data).toBe(query.data);
    expect(source.reads).toHaveLength(4);
    expect(weights.get('encoder.layer.0.attention.self.query.bias')!.data.length).toBeGreaterThan(0);
    expect(source.reads).toHaveLength(5);
  });

  it('refuses what the headers show, and numbers that are not finite when they are read', async () => {
    const rewritten = (change: { dtype?: 'I64'; nan?: true }) => {
      const raw = [...readSafetensors(files.get('model.safetensors')!).tensors].map(([name, { dtype, shape, byteLength }]) =>
        name.endsWith('query.bias')
          ? {
              name,
              dtype: change.dtype ?? dtype,
              shape,
              bytes: new Uint8Array(change.dtype ? 2 * byteLength : byteLength).fill(change.nan ? 255 : 0),
            }
          : { name, dtype, shape, bytes: new Uint8Array(byteLength) },
      );
      return openBase(memorySource(new Map(files).set('model.safetensors', rawSafetensors(raw))));
    };
    await expect(rewritten({ dtype: 'I64' })).rejects.toThrow('expected F32, F16 or BF16, got I64');
    const { weights } = await rewritten({ nan: true });
    expect(() => weights.get('encoder.layer.0.attention.self.query.bias')!.data).toThrow('expected finite numbers');
    const without = new Map(files);
    without.delete('model.safetensors');
    await expect(openBase(memorySource(without))).rejects.toThrow('expected model.safetensors');
  });
});
