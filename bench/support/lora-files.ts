import { writeSafetensors } from '../../src/engine/io/safetensors.js';
import { sizeOf, tensor, type Tensor } from '../../src/engine/tensor.js';
import { SeededRandom } from '../../test/support/seeded-random.js';

export interface LoraShape {
  readonly layers: number;
  readonly hidden: number;
  readonly rank: number;
  readonly labels: number;
}

/** A PEFT LoRA on query and value with a classification head, random numbers from `seed`. */
export function loraFiles({ layers, hidden, rank, labels }: LoraShape, seed: number): Map<string, Uint8Array> {
  const random = new SeededRandom(seed);
  const tensors = new Map<string, Tensor<'float32'>>();
  const put = (name: string, shape: readonly number[]): void => {
    tensors.set(`base_model.model.${name}`, tensor('float32', shape, random.floats(sizeOf(shape), -0.1, 0.1)));
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const module of ['query', 'value']) {
      const site = `bert.encoder.layer.${layer}.attention.self.${module}`;
      put(`${site}.lora_A.weight`, [rank, hidden]);
      put(`${site}.lora_B.weight`, [hidden, rank]);
    }
  }
  put('classifier.weight', [labels, hidden]);
  put('classifier.bias', [labels]);
  const config = {
    peft_type: 'LORA',
    task_type: 'SEQ_CLS',
    r: rank,
    lora_alpha: 2 * rank,
    target_modules: ['query', 'value'],
    modules_to_save: ['classifier'],
  };
  return new Map([
    ['adapter_config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['adapter_model.safetensors', writeSafetensors(tensors, { format: 'pt' })],
  ]);
}
