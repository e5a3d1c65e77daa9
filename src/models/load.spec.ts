import { describe, expect, it } from 'vitest';
import { memorySource } from '../../test/support/memory-source.js';
import { rawSafetensors, toBfloat16, toHalf, type RawTensor } from '../../test/support/raw-safetensors.js';
import { loadTinyModel, TINY_MODEL_TYPES, tinyModelFiles, type TinyModelOptions } from '../../test/support/tiny-model.js';
import { readSafetensors } from '../engine/io/safetensors.js';
import { sizeOf, tensor, type Tensor } from '../engine/tensor.js';
import { loadBaseModel } from './load.js';
import { DEFAULT_LIMITS } from './model-files.js';

type Files = Map<string, Uint8Array>;
type Tensors = Map<string, Tensor<'float32'>>;

const BERT: TinyModelOptions = { modelType: 'bert' };
const load = (files: Files, limits = DEFAULT_LIMITS) => loadBaseModel(memorySource(files), limits);
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const zeros = (...shape: number[]) => tensor('float32', shape, new Float32Array(sizeOf(shape)));

/** The model's tensors written with another element type, or into other files. */
function rewrite(files: Files, write: (tensors: RawTensor[]) => RawTensor[]): Files {
  const { tensors } = readSafetensors(files.get('model.safetensors')!);
  const raw = [...tensors].map(([name, held]) => ({ name, dtype: held.dtype, shape: held.shape, bytes: held.bytes() }));
  return new Map(files).set('model.safetensors', rawSafetensors(write(raw)));
}

function patchConfig(files: Files, change: object): void {
  const config = JSON.parse(new TextDecoder().decode(files.get('config.json'))) as object;
  files.set('config.json', json({ ...config, ...change }));
}

function rename(change: (name: string) => string) {
  return (tensors: Tensors) => {
    const renamed = [...tensors].map(([name, held]) => [change(name), held] as const);
    tensors.clear();
    for (const [name, held] of renamed) tensors.set(name, held);
  };
}

describe.each(TINY_MODEL_TYPES)('loadBaseModel of %s', (modelType) => {
  it('finds the head of each task, and no other', async () => {
    const heads = async (task: TinyModelOptions['task']) => Object.keys((await loadTinyModel({ modelType, task })).heads);
    expect(await heads('base')).toEqual([]);
    expect(await heads('sequence')).toEqual(['sequence']);
    expect(await heads('token')).toEqual(['token']);
    expect(await heads('masked_lm')).toEqual(['maskedLm']);
  });

  it('gives the same trunk with and without the prefix of a head model', async () => {
    const bare = await loadTinyModel({ modelType });
    const prefixed = await loadTinyModel({ modelType, task: 'sequence' });
    for (const [name, { data }] of prefixed.weights) {
      if (!name.startsWith('pooler')) expect(data, name).toEqual(bare.weights.get(name)?.data);
    }
    expect(bare.digest).not.toBe(prefixed.digest);
  });

  it('ties the decoder to the word embeddings', async () => {
    const { heads, weights } = await loadTinyModel({ modelType, task: 'masked_lm' });
    expect(heads.maskedLm?.decoder.weight).toBe(weights.get('embeddings.word_embeddings.weight'));
  });

  it('names the tensor that is missing', async () => {
    const edit = (tensors: Tensors) => void tensors.delete([...tensors.keys()].find((name) => name.includes('layer.1'))!);
    await expect(loadTinyModel({ modelType, edit })).rejects.toThrow(/layer\.1\..*: expected \[.*\], got no such tensor/);
  });
});

describe('loadBaseModel', () => {
  it('tells what it loaded', async () => {
    const model = await loadTinyModel({ ...BERT, task: 'sequence', labels: ['no', 'yes'] });
    expect(model.labels).toEqual({ labels: ['no', 'yes'], problem: 'single' });
    expect(model.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(model.pooler?.dense).toEqual(model.heads.sequence?.dense);
    const { vocab, hidden, ffn } = model.config;
    const layer = 4 * (hidden * hidden + hidden) + 2 * hidden * ffn + ffn + hidden + 4 * hidden;
    const embeddings = (vocab + 40 + 2 + 2) * hidden;
    expect(model.parameters).toBe(embeddings + 2 * layer + hidden * hidden + hidden + 2 * hidden + 2);
    expect(model.unused).toEqual([]);
  });

  it('has one digest for one content, and another when a byte differs', async () => {
    const [a, b] = [await loadTinyModel(BERT), await loadTinyModel(BERT)];
    const other = await loadTinyModel({ ...BERT, seed: 2 });
    expect(a.digest).toBe(b.digest);
    expect(a.digest).not.toBe(other.digest);
  });

  it('reads the old names of norms', async () => {
    const edit = rename((name) => name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'));
    const [old, plain] = [await loadTinyModel({ ...BERT, edit }), await loadTinyModel(BERT)];
    expect(old.weights).toEqual(plain.weights);
  });

  it.each([
    ['BF16', toBfloat16],
    ['F16', toHalf],
  ])('reads %s', async (dtype, convert) => {
    const round = (x: number) => Math.sign(x || 1) * Math.max(Math.round(Math.abs(x) * 64), 4) / 64;
    const edit = (tensors: Tensors) => {
      for (const [name, held] of tensors) tensors.set(name, { ...held, data: held.data.map(round) });
    };
    const files = tinyModelFiles({ ...BERT, edit });
    const small = rewrite(files, (tensors) => {
      return tensors.map((held) => ({ ...held, dtype, bytes: convert(new Float32Array(held.bytes.slice().buffer)) }));
    });
    expect((await load(small)).weights).toEqual((await load(files)).weights);
  });

  it('reads shards by their index, in whatever order', async () => {
    const files = tinyModelFiles(BERT);
    const raw: RawTensor[] = [];
    rewrite(files, (tensors) => (raw.push(...tensors), tensors));
    const [one, two] = [raw.filter((_, i) => i % 2 === 0), raw.filter((_, i) => i % 2 === 1)];
    const names = (shard: RawTensor[], file: string) => Object.fromEntries(shard.map(({ name }) => [name, file]));
    const weight_map = { ...names(two, 'b.safetensors'), ...names(one, 'a.safetensors') };
    const shards: Files = new Map(files);
    shards.delete('model.safetensors');
    shards.set('a.safetensors', rawSafetensors(one)).set('b.safetensors', rawSafetensors(two));
    const indexed = (map: object) => new Map(shards).set('model.safetensors.index.json', json({ weight_map: map }));

    expect((await load(indexed(weight_map))).weights).toEqual((await load(files)).weights);
    const { [one[0]!.name]: _, ...without } = weight_map;
    await expect(load(indexed(without))).rejects.toThrow(`got ${one[0]!.name}`);
    await expect(load(indexed({ ...weight_map, ghost: 'a.safetensors' }))).rejects.toThrow('a.safetensors: ghost: expected by');
    await expect(load(indexed({ ...weight_map, x: '../a.safetensors' }))).rejects.toThrow('plain safetensors file name');
    await expect(load(indexed({ ...weight_map, x: 'c.safetensors' }))).rejects.toThrow('c.safetensors: expected a file');
  });

  it('passes over saved buffers, and lists tensors without a use', async () => {
    const files = rewrite(tinyModelFiles({ ...BERT, task: 'masked_lm' }), (tensors) => [
      ...tensors,
      { name: 'bert.embeddings.position_ids', dtype: 'I64', shape: [1, 2], bytes: new Uint8Array(16) },
      { name: 'cls.seq_relationship.bias', dtype: 'F32', shape: [2], bytes: new Uint8Array(8) },
    ]);
    expect((await load(files)).unused).toEqual(['cls.seq_relationship.bias']);
  });

  it('keeps a decoder of its own, and holds one that equals the words once', async () => {
    const decoder = 'cls.predictions.decoder.weight';
    const words = (tensors: Tensors) => tensors.get('bert.embeddings.word_embeddings.weight')!;
    const withDecoder = async (make: (words: Tensor<'float32'>) => Tensor<'float32'>) => {
      return loadTinyModel({ ...BERT, task: 'masked_lm', edit: (tensors) => void tensors.set(decoder, make(words(tensors))) });
    };
    const copy = await withDecoder((held) => ({ ...held, data: held.data.slice() }));
    expect(copy.heads.maskedLm?.decoder.weight).toBe(copy.weights.get('embeddings.word_embeddings.weight'));
    const own = await withDecoder((held) => ({ ...held, data: held.data.map((x) => x + 1) }));
    expect(own.heads.maskedLm?.decoder.weight.data[0]).toBeCloseTo(own.weights.get('embeddings.word_embeddings.weight')!.data[0]! + 1);
  });

  it('tells the two uses of BERT’s classifier apart without `architectures`', async () => {
    const config = { architectures: undefined };
    expect((await loadTinyModel({ ...BERT, task: 'sequence', config })).heads).toHaveProperty('sequence');
    expect((await loadTinyModel({ ...BERT, task: 'token', config })).heads).toHaveProperty('token');
    const other = await loadTinyModel({ ...BERT, task: 'sequence', config: { architectures: ['BertForMultipleChoice'] } });
    expect(other.heads).toEqual({});
  });
});

describe('loadBaseModel refuses', () => {
  const query = 'encoder.layer.0.attention.self.query.weight';
  it.each<[string, Partial<TinyModelOptions>, string]>([
    ['an unknown architecture', { config: { model_type: 'gpt2' } }, 'model_type: expected one of bert'],
    ['a misshapen tensor', { edit: (t) => t.set(query, zeros(12, 11)) }, `${query}: expected [12, 12], got [12, 11]`],
    ['another rank', { edit: (t) => t.set(query, zeros(144)) }, `${query}: expected [12, 12], got [144]`],
    ['NaN', { edit: (t) => void (t.get(query)!.data[7] = NaN) }, `${query}: expected finite numbers, got NaN at 7`],
    ['infinity', { edit: (t) => void (t.get(query)!.data[0] = -Infinity) }, 'got -Infinity at 0'],
    ['a doubled tensor', { edit: (t) => t.set(`bert.${query}`, zeros(12, 12)) }, `got two: `],
    [
      'tensors in the trunk that it does not compute',
      { edit: (t) => t.set('encoder.layer.0.attention.self.distance_embedding.weight', zeros(3, 4)) },
      'distance_embedding.weight: expected only tensors of a bert trunk',
    ],
    ['a tokenizer with too many ids', { config: { vocab_size: 20 } }, 'tokenizer.json: expected ids below the vocab_size 20'],
    ['a head without its tensors', { config: { architectures: ['BertForMaskedLM'] } }, 'cls.predictions.transform.dense.weight'],
    ['a classifier without its tensors', { config: { architectures: ['BertForTokenClassification'] } }, 'classifier.weight: '],
    [
      'labels of another number',
      { task: 'sequence', config: { id2label: { 0: 'a' } } },
      'id2label: expected 3 labels as the head has, got 1',
    ],
    [
      'an untied decoder that is missing',
      { task: 'masked_lm', config: { tie_word_embeddings: false } },
      'cls.predictions.decoder.weight: expected this tensor since tie_word_embeddings is false',
    ],
  ])('%s', async (_, change, message) => {
    const refused = loadTinyModel({ ...BERT, ...change });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_model', message: expect.stringContaining(message) as string });
  });

  it.each<[string, (files: Files) => void, string]>([
    ['a layer too many', (f) => patchConfig(f, { num_hidden_layers: 1 }), 'encoder.layer.1.'],
    ['a layer too few', (f) => patchConfig(f, { num_hidden_layers: 3 }), 'encoder.layer.2.'],
    ['a wrong vocabulary', (f) => patchConfig(f, { vocab_size: 500 }), 'word_embeddings.weight: expected [500, 12]'],
    ['no config', (f) => f.delete('config.json'), 'config.json: expected a file of that name in memory, got none'],
    ['no tokenizer', (f) => f.delete('tokenizer.json'), 'tokenizer.json: expected a file'],
    ['no weights', (f) => f.delete('model.safetensors'), 'expected model.safetensors or model.safetensors.index.json, got neither'],
    [
      'only a pickle',
      (f) => (f.delete('model.safetensors'), f.set('pytorch_model.bin', new Uint8Array(9))),
      'got only pytorch_model.bin, which is never read: a pickle can run code',
    ],
    ['config that is no JSON', (f) => f.set('config.json', Buffer.from('{"a"')), 'config.json: expected JSON'],
    ['config that is a list', (f) => f.set('config.json', json([])), 'config.json: expected a JSON object, got []'],
    ['a file of a few bytes', (f) => f.set('model.safetensors', new Uint8Array(3)), 'model.safetensors: safetensors: expected at least 8'],
    ['a header beyond the file', (f) => f.set('model.safetensors', new Uint8Array(8).fill(9)), 'model.safetensors: safetensors: header'],
    [
      'integers as weights',
      (f) => f.set('model.safetensors', rewrite(f, ([first]) => [{ ...first!, dtype: 'I32' }]).get('model.safetensors')!),
      'expected F32, F16 or BF16, got I32',
    ],
    ['an index without a map', (f) => (f.delete('model.safetensors'), f.set('model.safetensors.index.json', json({}))), 'weight_map'],
  ])('%s', async (_, change, message) => {
    const files = tinyModelFiles(BERT);
    change(files);
    await expect(load(files)).rejects.toMatchObject({ code: 'invalid_model', message: expect.stringContaining(message) as string });
  });

  it.each([
    ['configBytes', 'config.json'],
    ['tokenizerBytes', 'tokenizer.json'],
    ['weightBytes', 'model.safetensors'],
  ])('a file over %s without reading it', async (limit, file) => {
    const source = memorySource(tinyModelFiles(BERT));
    const refused = loadBaseModel(source, { ...DEFAULT_LIMITS, [limit]: 10 });
    await expect(refused).rejects.toThrow(`${file}: expected at most 10 bytes`);
    expect(source.reads).not.toContain(file);
  });
});
