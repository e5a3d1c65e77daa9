import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/engine/io/safetensors.js';
import { sizeOf, tensor, type Tensor } from '../../src/engine/tensor.js';
import { requireFamily } from '../../src/models/families.js';
import { trunkShapes } from '../../src/models/trunk-tensors.js';
import { SeededRandom } from '../../test/support/seeded-random.js';

/** MiniLM-L6 in all but the vocabulary, which is that of the shipped tokenizer. */
export const MINILM = { layers: 6, hidden: 384, heads: 12, ffn: 1536, vocab: 8192, positions: 512 } as const;

/** A Hugging Face directory of the shape of MiniLM-L6 with seeded random weights and the shipped tokenizer. */
export async function writeMiniLm(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const json = {
    architectures: ['BertModel'],
    model_type: 'bert',
    vocab_size: MINILM.vocab,
    hidden_size: MINILM.hidden,
    num_hidden_layers: MINILM.layers,
    num_attention_heads: MINILM.heads,
    intermediate_size: MINILM.ffn,
    max_position_embeddings: MINILM.positions,
    type_vocab_size: 2,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
  };
  const family = requireFamily('bert');
  const random = new SeededRandom(1);
  const tensors = new Map<string, Tensor<'float32'>>();
  const put = (name: string, shape: readonly number[]): void => {
    const isGain = /norm\.weight$/i.test(name);
    const spread = shape.length > 1 ? 1.5 / Math.sqrt(shape.at(-1) ?? 1) : 0.1;
    tensors.set(
      name,
      tensor('float32', shape, random.floats(sizeOf(shape), isGain ? 0.9 : -spread, isGain ? 1.1 : spread)),
    );
  };
  for (const [name, shape] of trunkShapes(family, family.parseConfig(json))) put(name, shape);
  put('pooler.dense.weight', [MINILM.hidden, MINILM.hidden]);
  put('pooler.dense.bias', [MINILM.hidden]);
  await writeFile(join(directory, 'config.json'), JSON.stringify(json));
  await writeFile(join(directory, 'model.safetensors'), writeSafetensors(tensors, { format: 'pt' }));
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(join('models/tessera-tiny', name), join(directory, name));
  }
}
