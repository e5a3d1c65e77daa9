import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/engine/io/safetensors.js';
import { sizeOf, tensor, type Tensor } from '../../src/engine/tensor.js';
import type { BaseModel, Trunk } from '../../src/models/base-model.js';
import { requireFamily } from '../../src/models/families.js';
import { loadBaseModel } from '../../src/models/load.js';
import { pickTrunk, trunkShapes } from '../../src/models/trunk-tensors.js';
import { memorySource } from './memory-source.js';
import { SeededRandom } from './seeded-random.js';

export const TINY_MODEL_TYPES = ['bert', 'roberta', 'xlm-roberta', 'distilbert', 'electra', 'mpnet'] as const;
export type TinyModelType = (typeof TINY_MODEL_TYPES)[number];
export type TinyTask = 'base' | 'masked_lm' | 'sequence' | 'token';

export interface TinyModelOptions {
  readonly modelType: TinyModelType;
  /** Which head the files hold; default `base`, the bare model with bare names. */
  readonly task?: TinyTask;
  /** Label names of a sequence or token head; default three. */
  readonly labels?: readonly string[];
  readonly seed?: number;
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly ffn?: number;
  readonly positions?: number;
  /** Put over config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Changes the tensors before they are written. */
  readonly edit?: (tensors: Map<string, Tensor<'float32'>>) => void;
}

/** The files of a Hugging Face directory with small seeded random weights, in memory. */
export function tinyModelFiles(options: TinyModelOptions): Map<string, Uint8Array> {
  const config = tinyConfig(options);
  const tensors = tinyTensors(options, config);
  options.edit?.(tensors);
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value, null, 2));
  return new Map([
    ['config.json', json(config)],
    ['model.safetensors', writeSafetensors(tensors, { format: 'pt' })],
    ['tokenizer.json', json(tinyTokenizer(options.modelType))],
    ['tokenizer_config.json', json(tinyTokenizerConfig(options.modelType))],
  ]);
}

export async function writeTinyModel(directory: string, options: TinyModelOptions): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of tinyModelFiles(options)) await writeFile(join(directory, name), bytes);
}

/** The frozen trunk alone, without files or tokenizer. */
export function tinyTrunk(options: Omit<TinyModelOptions, 'task' | 'edit' | 'labels'>): Trunk {
  const json = tinyConfig(options);
  const family = requireFamily(options.modelType);
  const config = family.parseConfig(json);
  return { config, sites: family.sites(config), weights: pickTrunk(family, config, tinyTensors(options, json)) };
}

export function loadTinyModel(options: TinyModelOptions): Promise<BaseModel> {
  return loadBaseModel(memorySource(tinyModelFiles(options)));
}

const ARCHITECTURES: Record<TinyModelType, string> = {
  bert: 'Bert',
  roberta: 'Roberta',
  'xlm-roberta': 'XLMRoberta',
  distilbert: 'DistilBert',
  electra: 'Electra',
  mpnet: 'MPNet',
};
const SUFFIXES: Record<TinyTask, string> = {
  base: 'Model',
  masked_lm: 'ForMaskedLM',
  sequence: 'ForSequenceClassification',
  token: 'ForTokenClassification',
};

function tinyConfig(options: TinyModelOptions): Record<string, unknown> {
  const { modelType, task = 'base', layers = 2, hidden = 12, heads = 3, ffn = 20, positions = 40 } = options;
  const labels = options.labels ?? ['red', 'green', 'blue'];
  const hasLabels = task === 'sequence' || task === 'token';
  const sizes =
    modelType === 'distilbert'
      ? { n_layers: layers, dim: hidden, n_heads: heads, hidden_dim: ffn, activation: 'gelu' }
      : {
          num_hidden_layers: layers,
          hidden_size: hidden,
          num_attention_heads: heads,
          intermediate_size: ffn,
          hidden_act: 'gelu',
          layer_norm_eps: 1e-12,
        };
  return {
    architectures: [`${ARCHITECTURES[modelType]}${SUFFIXES[task]}`],
    model_type: modelType,
    ...sizes,
    vocab_size: tinyVocabulary(modelType).length,
    max_position_embeddings: positions,
    pad_token_id: isRobertaLike(modelType) ? 1 : 0,
    ...(modelType === 'electra' && { embedding_size: hidden - 4 }),
    ...(['bert', 'electra'].includes(modelType) && { type_vocab_size: 2 }),
    ...(['roberta', 'xlm-roberta'].includes(modelType) && { type_vocab_size: 1 }),
    ...(modelType === 'mpnet' && { relative_attention_num_buckets: 32 }),
    ...(hasLabels && { id2label: Object.fromEntries(labels.entries()) }),
    ...options.config,
  };
}

function tinyTensors(options: TinyModelOptions, json: Record<string, unknown>): Map<string, Tensor<'float32'>> {
  const { modelType, task = 'base', labels = ['red', 'green', 'blue'], seed = 1 } = options;
  const random = new SeededRandom(seed);
  const family = requireFamily(modelType);
  const config = family.parseConfig(json);
  const tensors = new Map<string, Tensor<'float32'>>();
  const isNorm = (name: string) => /norm\.weight$/i.test(name);
  const put = (name: string, shape: readonly number[]) => {
    const spread = isNorm(name) ? random.floats(sizeOf(shape), 0.7, 1.3) : random.floats(sizeOf(shape), -0.4, 0.4);
    tensors.set(name, tensor('float32', shape, spread));
  };
  const putDense = (module: string, out: number, inWidth: number) => {
    put(`${module}.weight`, [out, inWidth]);
    put(`${module}.bias`, [out]);
  };
  const prefix = task === 'base' ? '' : family.prefix;
  for (const [name, shape] of trunkShapes(family, config)) put(`${prefix}${name}`, shape);

  const { sequence, token, maskedLm, pooler } = family.headLayout(config);
  const { hidden, embedding, vocab } = config;
  if (pooler && modelType === 'bert' && task !== 'token') putDense(`${prefix}${pooler.dense}`, hidden, hidden);
  if (task === 'sequence') {
    if (sequence.dense !== pooler?.dense) putDense(sequence.dense, hidden, hidden);
    putDense(sequence.out, labels.length, hidden);
  }
  if (task === 'token') putDense(token.out, labels.length, hidden);
  if (task === 'masked_lm') {
    putDense(maskedLm.dense, embedding, hidden);
    put(`${maskedLm.norm}.weight`, [embedding]);
    put(`${maskedLm.norm}.bias`, [embedding]);
    put(maskedLm.decoderBias, [vocab]);
  }
  return tensors;
}

function isRobertaLike(modelType: TinyModelType): boolean {
  return ['roberta', 'xlm-roberta', 'mpnet'].includes(modelType);
}

function tinySpecials(modelType: TinyModelType): { cls: string; sep: string; pad: string; mask: string; unk: string } {
  return isRobertaLike(modelType)
    ? { cls: '<s>', sep: '</s>', pad: '<pad>', mask: '<mask>', unk: '<unk>' }
    : { cls: '[CLS]', sep: '[SEP]', pad: '[PAD]', mask: '[MASK]', unk: '[UNK]' };
}

/** Five special tokens, a few words, and letters, digits and signs, so that any plain English text has tokens. */
function tinyVocabulary(modelType: TinyModelType): string[] {
  const { cls, sep, pad, mask, unk } = tinySpecials(modelType);
  const specials = isRobertaLike(modelType) ? [cls, pad, sep, unk, mask] : [pad, unk, cls, sep, mask];
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789');
  const words = ['the', 'rain', 'and', 'market', '##ing', '##ed'];
  return [...specials, ...words, ...letters, ...letters.map((letter) => `##${letter}`), ...Array.from(".,!?'-")];
}

function tinyTokenizer(modelType: TinyModelType): object {
  const vocabulary = tinyVocabulary(modelType);
  const { cls, sep, unk } = tinySpecials(modelType);
  const id = (token: string) => vocabulary.indexOf(token);
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const text = (name: 'A' | 'B', typeId: number) => ({ Sequence: { id: name, type_id: typeId } });
  const pairType = isRobertaLike(modelType) ? 0 : 1;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.slice(0, 5).map((content, index) => ({
      id: index,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(cls), text('A', 0), special(sep)],
      pair: [special(cls), text('A', 0), special(sep), text('B', pairType), special(sep)],
      special_tokens: Object.fromEntries(
        [cls, sep].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, index) => [token, index])),
    },
  };
}

function tinyTokenizerConfig(modelType: TinyModelType): object {
  const { cls, sep, pad, mask, unk } = tinySpecials(modelType);
  return { cls_token: cls, sep_token: sep, pad_token: pad, mask_token: mask, unk_token: unk, model_max_length: 40 };
}
