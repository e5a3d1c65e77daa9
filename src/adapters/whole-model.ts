import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TooLargeError } from '../common/errors.js';
import type { TensorRecipe } from '../engine/io/tensor-recipe.js';
import type { Tensor } from '../engine/tensor.js';
import type { AdapterTask } from './adapter-base.js';

/** A version that is a model of its own: what it has in the place of the base's tensors. */
export interface WholeModel {
  /** Its config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Tensors of trunk and heads that the base does not hold with the same numbers, by canonical name. */
  readonly tensors: ReadonlyMap<string, Tensor<'float32'>>;
}

/** How the tensors of such a version are stored. */
export interface WholeModelLayout {
  /** Which tasks its heads answer; every model gives embeddings. */
  readonly tasks: readonly AdapterTask[];
  /** model.safetensors. */
  readonly weights: TensorRecipe;
  /** The packed brick; its tensors are among those of `weights`. */
  readonly packed: TensorRecipe;
  /** Tensors of `weights` that are the base's own: canonical names by the names of the file. */
  readonly fromBase: Readonly<Record<string, string>>;
}

/** Methods whose results are whole models, and which go on from one. */
export const WHOLE_METHODS: readonly string[] = ['full', 'partial', 'progressive', 'hybrid'];

export const WEIGHTS_FILE = 'model.safetensors';
const MEBIBYTE = 1024 * 1024;

/** The files of a Hugging Face directory that make a version, and what each may weigh. */
const FILES: ReadonlyMap<string, number> = new Map([
  ['config.json', MEBIBYTE],
  ['card.json', MEBIBYTE],
  ['tokenizer.json', 64 * MEBIBYTE],
  ['tokenizer_config.json', MEBIBYTE],
  ['special_tokens_map.json', MEBIBYTE],
  ['vocab.txt', 64 * MEBIBYTE],
  ['vocab.json', 64 * MEBIBYTE],
  ['merges.txt', 64 * MEBIBYTE],
  [WEIGHTS_FILE, 2047 * MEBIBYTE],
]);

/** True for a directory that holds a model and no adapter. */
export async function holdsWholeModel(directory: string): Promise<boolean> {
  const names: string[] = await readdir(directory).catch(() => []); // reading it as an adapter says what is wrong with it
  return names.includes(WEIGHTS_FILE) && names.includes('config.json') && !names.includes('adapter_config.json');
}

/** Names of the files in a directory that belong to the model. @throws TooLargeError  for one over its bound */
export async function wholeModelFiles(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => FILES.has(name)).sort();
  for (const name of names) {
    const { size } = await stat(join(directory, name));
    const limit = FILES.get(name) ?? 0;
    if (size > limit) throw new TooLargeError(`model files: ${name}: at most ${limit} bytes, got ${size}`);
  }
  return names;
}
