import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import type { Tensor } from '../../engine/tensor.js';
import { bertTokenizerConfig, bertTokenizerJson } from './bert-tokenizer-file.js';
import type { PretrainConfig } from './sizes.js';

/** Tensors of the bare model; those of the masked-LM head keep their names. */
const HEAD = 'cls.';

/** config.json as `transformers` writes it for `BertForMaskedLM`. */
export function bertConfigJson(config: PretrainConfig, vocab: number): Record<string, unknown> {
  return {
    architectures: ['BertForMaskedLM'],
    model_type: 'bert',
    vocab_size: vocab,
    hidden_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.ffn,
    max_position_embeddings: config.positions,
    type_vocab_size: config.tokenTypes,
    layer_norm_eps: config.epsilon,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    pad_token_id: 0,
    tie_word_embeddings: true,
    dtype: 'float32',
  };
}

/**
 * Writes a Hugging Face directory: config.json, model.safetensors, tokenizer.json, tokenizer_config.json. Each file appears
 * whole or not at all.
 *
 * @param tensors  by canonical name, see `initialTensors`
 */
export async function writeModelDirectory(
  directory: string,
  config: PretrainConfig,
  { tokens, tensors }: { tokens: readonly string[]; tensors: ReadonlyMap<string, Tensor<'float32'>> },
): Promise<void> {
  const named = [...tensors].map(([name, held]) => [name.startsWith(HEAD) ? name : `bert.${name}`, held] as const);
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, 'config.json'), json(bertConfigJson(config, tokens.length)));
  await writeWhole(join(directory, 'tokenizer.json'), JSON.stringify(bertTokenizerJson(tokens)));
  await writeWhole(join(directory, 'tokenizer_config.json'), json(bertTokenizerConfig(config.positions)));
  await writeWhole(join(directory, 'model.safetensors'), writeSafetensors(new Map(named), { format: 'pt' }));
}

export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
