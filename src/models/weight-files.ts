import { z } from 'zod';
import { AppError, ModelError } from '../common/errors.js';
import { LENGTH_BYTES, parseHeader, readHeaderLength } from '../engine/io/safetensors-header.js';
import { SafeTensor } from '../engine/io/safetensors.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import type { ModelFiles } from './model-files.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const OTHER_FORMATS = ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'tf_model.h5', 'flax_model.msgpack'];

export interface WeightOptions {
  /** Bound on all weight files together. */
  readonly weightBytes: number;
  readonly indexBytes: number;
  /** Names of tensors to pass over, such as saved buffers of integers. */
  readonly skips: (name: string) => boolean;
}

/**
 * All tensors of a model under the names of its files, as float32: one `model.safetensors`, or the shards that
 * `model.safetensors.index.json` names. Read tensor by tensor, so the peak is the model in float32 and one tensor.
 *
 * @throws ModelError  when there is no safetensors file, a tensor is not of floats or not finite, a name comes twice, or
 *                     index and shards differ
 */
export async function readWeights(files: ModelFiles, options: WeightOptions): Promise<Map<string, Tensor<'float32'>>> {
  const tensors = new Map<string, Tensor<'float32'>>();
  for (const [file, expected] of await shardsOf(files, options)) {
    const names = new Set<string>();
    for await (const stored of readShard(files, file, options.weightBytes)) {
      names.add(stored.name);
      if (!options.skips(stored.name)) tensors.set(stored.name, toFloat32(file, stored));
    }
    if (expected) checkAgainstIndex(file, expected, names);
  }
  return tensors;
}

/** Weight files, each with the tensor names that the index puts there. */
export async function shardsOf(files: ModelFiles, options: WeightOptions): Promise<Map<string, Set<string> | undefined>> {
  if (await files.has(SINGLE)) return new Map([[SINGLE, undefined]]);
  if (!(await files.has(INDEX))) throw await noWeights(files);
  const index = indexSchema.safeParse(await files.readJson(INDEX, options.indexBytes));
  if (!index.success) {
    const got = z.prettifyError(index.error);
    throw new ModelError(`${INDEX}: expected {"weight_map": {tensor: plain safetensors file name}}, got ${got}`);
  }
  const shards = new Map<string, Set<string>>();
  for (const [name, file] of Object.entries(index.data.weight_map)) {
    shards.set(file, (shards.get(file) ?? new Set()).add(name));
  }
  let totalBytes = 0;
  for (const file of shards.keys()) totalBytes += await files.requireBytes(file, options.weightBytes);
  if (totalBytes > options.weightBytes) {
    throw new ModelError(`${INDEX}: expected at most ${options.weightBytes} bytes of weights, got ${totalBytes}`);
  }
  return shards;
}

const indexSchema = z.object({
  weight_map: z.record(z.string(), z.string().regex(/^[^/\\\0]+\.safetensors$/)),
});

async function noWeights(files: ModelFiles): Promise<ModelError> {
  for (const file of OTHER_FORMATS) {
    if (!(await files.has(file))) continue;
    return new ModelError(
      `weights: expected ${SINGLE} or ${INDEX}, got only ${file}, which is never read: a pickle can run code, and other ` +
        'formats are not known here; save the model again with safe_serialization=True',
    );
  }
  return new ModelError(`weights: expected ${SINGLE} or ${INDEX}, got neither`);
}

/** The tensors of one file in the order of their bytes; the header is checked in full before the first. */
async function* readShard(files: ModelFiles, file: string, limitBytes: number): AsyncGenerator<SafeTensor> {
  try {
    const read = await files.sequential(file, limitBytes);
    const start = await read.next(Math.min(LENGTH_BYTES, read.fileBytes));
    const header = parseHeader(await read.next(readHeaderLength(start, read.fileBytes)), read.fileBytes);
    for (const info of header.tensors.values()) yield new SafeTensor(info, await read.next(info.byteLength));
    read.end();
  } catch (cause) {
    if (!(cause instanceof AppError) || cause instanceof ModelError) throw cause;
    throw new ModelError(`${file}: ${cause.message}`, { cause });
  }
}

export function checkAgainstIndex(file: string, expected: ReadonlySet<string>, got: ReadonlySet<string>): void {
  const missing = [...expected].find((name) => !got.has(name));
  if (missing !== undefined) throw new ModelError(`${file}: ${missing}: expected by ${INDEX} in this file, got none`);
  const extra = [...got].find((name) => !expected.has(name));
  if (extra === undefined) return;
  throw new ModelError(`${file}: expected only the tensors that ${INDEX} puts there, got ${extra}`);
}

/**
 * The numbers of a tensor; of F32 they are a view of the stored bytes, which the caller has read for this tensor alone.
 *
 * @throws ModelError  for a tensor that is not of floats or not finite
 */
export function toFloat32(file: string, stored: SafeTensor): Tensor<'float32'> {
  requireFloats(file, stored);
  const data = stored.viewFloat32();
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new ModelError(`${file}: ${stored.name}: expected finite numbers, got ${data[bad]} at ${bad}`);
  return tensor('float32', stored.shape, data);
}

/** @throws ModelError  for a tensor that is not of floats */
export function requireFloats(file: string, { name, dtype }: Pick<SafeTensor, 'name' | 'dtype'>): void {
  if (['F32', 'F16', 'BF16'].includes(dtype)) return;
  throw new ModelError(`${file}: ${name}: expected F32, F16 or BF16, got ${dtype}`);
}
