import { AppError, ModelError } from '../common/errors.js';
import { sizeOf, type Tensor } from '../engine/tensor.js';
import type { BaseModel } from './base-model.js';
import type { EncoderConfig } from './encoder-config.js';
import { requireFamily } from './families.js';
import type { Family } from './family.js';
import type { Head } from './heads.js';
import { parseLabels } from './labels.js';
import { DEFAULT_LIMITS, ModelFiles, type FileLimits } from './model-files.js';
import type { ModelSource } from './model-source.js';
import { headTensors } from './head-tensors.js';
import { readBaseHeads } from './read-heads.js';
import { canonicalise, canonicalName } from './tensor-names.js';
import { Tokenizer } from './tokenizers/tokenizer.js';
import { pickTrunk, requireTensor } from './trunk-tensors.js';
import { readWeights } from './weight-files.js';

const WORDS = 'embeddings.word_embeddings.weight';

/**
 * Reads a Hugging Face model directory: config.json, model.safetensors or its shards (fp32, fp16, bf16; computed in fp32),
 * tokenizer.json and, where it is there, tokenizer_config.json.
 *
 * @throws ModelError  naming the file, key or tensor, the rule and the value got: an unknown architecture, a config key that
 *                     cannot be honoured, a tensor that is missing, misshapen, doubled, not finite or out of place, a
 *                     tokenizer whose ids exceed the vocabulary, a file over its bound, weights that are no safetensors
 */
export async function loadBaseModel(source: ModelSource, limits: FileLimits = DEFAULT_LIMITS): Promise<BaseModel> {
  const files = new ModelFiles(source);
  const json = await files.readJson('config.json', limits.configBytes);
  const family = requireFamily(json['model_type']);
  const config = family.parseConfig(json);
  const tokenizer = await readTokenizer(files, limits, config);

  const skips = (name: string) => canonicalName(family, name) === undefined;
  const tensors = canonicalise(family, await readWeights(files, { ...limits, skips }));
  shareTiedDecoder(tensors, family.headLayout(config).maskedLm.decoder);
  const parts = assemble(family, json, config, tensors);
  const used = new Set([...parts.weights.values(), ...Object.values(parts.heads).flatMap((head: Head) => [...headTensors(head).values()])]);
  return {
    ...parts,
    tokenizer,
    digest: files.digest(),
    parameters: [...used].reduce((total, { shape }) => total + sizeOf(shape), 0),
    unused: [...tensors].filter(([, held]) => !used.has(held)).map(([name]) => name),
  };
}

/** Everything of a base but its tokenizer and what only the bytes of its files say. */
export type BaseParts = Omit<BaseModel, 'tokenizer' | 'digest' | 'parameters' | 'unused'>;

/**
 * Puts tensors by canonical name in their places; looks at their shapes, never at their numbers.
 *
 * @throws ModelError  for a tensor that is missing, misshapen or out of place
 */
export function assemble(
  family: Family,
  json: Readonly<Record<string, unknown>>,
  config: EncoderConfig,
  tensors: ReadonlyMap<string, Tensor<'float32'>>,
): BaseParts {
  const trunk = pickTrunk(family, config, tensors);
  const { pooler, ...heads } = readBaseHeads(family.headLayout(config), config, tensors, {
    architectures: architecturesOf(json),
    isTied: json['tie_word_embeddings'] !== false,
    words: requireTensor(trunk, WORDS, [config.vocab, config.embedding]),
  });
  const weights = new Map(trunk);
  if (pooler) weights.set('pooler.dense.weight', pooler.dense.weight).set('pooler.dense.bias', pooler.dense.bias);
  const outputs = (heads.sequence ?? heads.token)?.out.bias.shape[0];
  return {
    config,
    family,
    sites: family.sites(config),
    weights,
    heads,
    ...(pooler && { pooler }),
    ...(outputs !== undefined && { labels: parseLabels(json, outputs) }),
  };
}

/** One tensor for two names with the same numbers, so that a tied table saved twice is held once. */
function shareTiedDecoder(tensors: Map<string, Tensor<'float32'>>, decoder: string): void {
  const [own, words] = [tensors.get(`${decoder}.weight`), tensors.get(WORDS)];
  if (!own || own.shape.join() !== words?.shape.join()) return;
  if (own.data.every((value, index) => value === words.data[index])) tensors.set(`${decoder}.weight`, words);
}

export async function readTokenizer(files: ModelFiles, limits: FileLimits, config: EncoderConfig): Promise<Tokenizer> {
  const json = await files.readJson('tokenizer.json', limits.tokenizerBytes);
  const settings = (await files.has('tokenizer_config.json'))
    ? await files.readJson('tokenizer_config.json', limits.configBytes)
    : undefined;
  const tokenizer = parseTokenizer(json, settings);
  if (tokenizer.vocabSize <= config.vocab) return tokenizer;
  throw new ModelError(
    `tokenizer.json: expected ids below the vocab_size ${config.vocab} of config.json, got ${tokenizer.vocabSize} ids`,
  );
}

function parseTokenizer(json: unknown, settings: unknown): Tokenizer {
  try {
    return Tokenizer.fromJson(json, settings);
  } catch (cause) {
    if (!(cause instanceof AppError) || cause instanceof ModelError) throw cause;
    throw new ModelError(`tokenizer.json: ${cause.message}`, { cause });
  }
}

function architecturesOf(json: Readonly<Record<string, unknown>>): string[] {
  const names = json['architectures'];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}
