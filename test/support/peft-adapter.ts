import type { AdapterBase } from '../../src/adapters/adapter-base.js';
import type { AdapterFiles } from '../../src/adapters/files.js';
import { importAdapter } from '../../src/adapters/import.js';
import type { ImportedAdapter } from '../../src/adapters/import-weights.js';
import { openAdapter, sourceOf } from '../../src/adapters/open.js';
import type { ImportOptions } from '../../src/adapters/resolve.js';
import { readSafetensors, writeSafetensors } from '../../src/engine/io/safetensors.js';
import { tensor, type Tensor } from '../../src/engine/tensor.js';
import { randomTensor } from './adapter-base.js';
import { SeededRandom } from './seeded-random.js';

export type Tensors = Record<string, Tensor<'float32'>>;

/** `adapter_config.json` and `adapter_model.safetensors` as PEFT lays them out. */
export function peftAdapter(config: Record<string, unknown>, tensors: Tensors): AdapterFiles {
  return new Map([
    ['adapter_config.json', json(config)],
    ['adapter_model.safetensors', writeSafetensors(new Map(Object.entries(tensors)), { format: 'pt' })],
  ]);
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Random tensors by name and shape; the same for the same seed. */
export function randomTensors(shapes: Record<string, readonly number[]>, seed = 3): Tensors {
  const random = new SeededRandom(seed);
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, randomTensor(random, shape)]));
}

export function ones(...shape: number[]): Tensor<'float32'> {
  return tensor('float32', shape, new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(1));
}

/** Shapes of a classification head of BERT under PEFT's names. */
export function bertHead(labels = 2, hidden = 12): Record<string, readonly number[]> {
  return { 'base_model.model.classifier.weight': [labels, hidden], 'base_model.model.classifier.bias': [labels] };
}

/** LoRA on one projection of both layers of a BERT classifier, with its head. */
export function loraAdapter(
  config: Record<string, unknown> = {},
  edit: (tensors: Tensors) => void = () => undefined,
): AdapterFiles {
  const shapes = [0, 1].flatMap((layer): [string, readonly number[]][] => [
    [`${QUERY(layer)}.lora_A.weight`, [4, 12]],
    [`${QUERY(layer)}.lora_B.weight`, [12, 4]],
  ]);
  const tensors = randomTensors({ ...Object.fromEntries(shapes), ...bertHead() });
  edit(tensors);
  return peftAdapter(
    { peft_type: 'LORA', task_type: 'SEQ_CLS', r: 4, lora_alpha: 8, target_modules: ['query'], ...config },
    tensors,
  );
}

/** PEFT's name of the query projection of a layer. */
export const QUERY = (layer: number): string => `base_model.model.bert.encoder.layer.${layer}.attention.self.query`;
/** Our name of it. */
export const QUERY_SITE = (layer: number): string => `encoder.layer.${layer}.attention.self.query`;

/**
 * Imports an adapter, and once more from the files that its checkpoint writes: both must give the same brick.
 *
 * @returns the import, and whether the written tensors are those that were read
 */
export function importTwice(
  files: AdapterFiles,
  base: AdapterBase,
  options?: ImportOptions,
): { readonly first: ImportedAdapter; readonly again: ImportedAdapter } {
  const first = importAdapter(files, base, options);
  const opened = openAdapter(files);
  const written = opened.method.write(opened.method.read(sourceOf(opened, files)));
  const rest = [...files].filter(([name]) => !written.has(name));
  return { first, again: importAdapter(new Map([...rest, ...written]), base, options) };
}

/** Names and numbers of a safetensors file. */
export function tensorsOf(files: AdapterFiles, name = 'adapter_model.safetensors'): Map<string, number[]> {
  const { tensors } = readSafetensors(files.get(name)!);
  return new Map([...tensors].map(([key, held]) => [key, [...held.toFloat32()]]));
}
