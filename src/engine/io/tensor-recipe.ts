import { createHash } from 'node:crypto';
import type { Tensor } from '../tensor.js';
import { LENGTH_BYTES, parseHeader, readHeaderLength, type SafeDType } from './safetensors-header.js';
import { safetensorsLayout } from './safetensors.js';

/** One tensor of a file, by its content. */
export interface RecipeTensor {
  /** As the file names it. */
  readonly name: string;
  /** Of its bytes as they are stored, hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A safetensors file as its header and its tensors: what it takes to put the very same bytes together again. */
export interface TensorRecipe {
  /** All bytes before the first tensor, base64. */
  readonly header: string;
  /** In the order of their bytes; they fill the rest of the file. */
  readonly tensors: readonly RecipeTensor[];
  readonly bytes: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

/** The recipe of a file that is there, with the element type of each tensor. */
export interface FileRecipe extends TensorRecipe {
  readonly tensors: readonly (RecipeTensor & { readonly dtype: SafeDType })[];
}

/** A file whose bytes are read in pieces; `read` gives exactly those asked for. */
export interface PiecewiseFile {
  readonly bytes: number;
  read(start: number, bytes: number): Promise<Uint8Array>;
}

const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * The recipe of a file; one piece of it at a time is in memory.
 *
 * @throws ValidationError  when the file is no safetensors file
 */
export async function recipeOf(file: PiecewiseFile): Promise<FileRecipe> {
  const start = await file.read(0, Math.min(LENGTH_BYTES, file.bytes));
  const json = await file.read(LENGTH_BYTES, readHeaderLength(start, file.bytes));
  const whole = createHash('sha256').update(start).update(json);
  const tensors = [];
  for (const { name, dtype, byteOffset, byteLength: bytes } of parseHeader(json, file.bytes).tensors.values()) {
    const own = createHash('sha256');
    for (let at = 0; at < bytes; at += PIECE_BYTES) {
      const piece = await file.read(byteOffset + at, Math.min(PIECE_BYTES, bytes - at));
      own.update(piece);
      whole.update(piece);
    }
    tensors.push({ name, dtype, sha256: own.digest('hex'), bytes });
  }
  const header = Buffer.concat([start, json]).toString('base64');
  return { header, tensors, bytes: file.bytes, sha256: whole.digest('hex') };
}

/** The recipe of what `writeSafetensors` makes of these, which is not made; one tensor's numbers at a time are asked for. */
export function recipeOfContent(
  content: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): TensorRecipe {
  const { header, ordered } = safetensorsLayout(content, metadata);
  const whole = createHash('sha256').update(header);
  const tensors = ordered.map(([name, held]): RecipeTensor => {
    const { buffer, byteOffset, byteLength: bytes } = held.data;
    const own = new Uint8Array(buffer, byteOffset, bytes);
    whole.update(own);
    return { name, sha256: createHash('sha256').update(own).digest('hex'), bytes };
  });
  const bytes = tensors.reduce((sum, held) => sum + held.bytes, header.byteLength);
  return { header: Buffer.from(header).toString('base64'), tensors, bytes, sha256: whole.digest('hex') };
}
