import { IncompatibleAdapterError, ValidationError } from '../common/errors.js';
import { readSafetensors, type SafeTensor } from '../engine/io/safetensors.js';
import { sizeOf, tensor, type Tensor } from '../engine/tensor.js';

export type FloatTensor = Tensor<'float32'>;

/** Tensors of an adapter by the name they have in the file. */
export type Weights = ReadonlyMap<string, FloatTensor>;

const FLOATS = new Set(['F32', 'F16', 'BF16', 'F64']);
const MAX_TENSORS = 20_000;

/**
 * All tensors of a safetensors file as float32.
 *
 * @throws IncompatibleAdapterError  for integers, for numbers that are not finite (after rounding to float32), for an
 *                                   absurd count of tensors
 */
export function readWeights(bytes: Uint8Array, file: string): Weights {
  const { tensors } = readSafetensors(bytes);
  if (tensors.size > MAX_TENSORS) {
    throw new IncompatibleAdapterError(`${file}: at most ${MAX_TENSORS} tensors, got ${tensors.size}`);
  }
  return new Map([...tensors].map(([name, stored]) => [name, floats(stored, file)]));
}

function floats(stored: SafeTensor, file: string): FloatTensor {
  const at = `${file}: ${stored.name}`;
  if (!FLOATS.has(stored.dtype)) {
    throw new IncompatibleAdapterError(`${at}: must be F32, F16, BF16 or F64, got ${stored.dtype}`, {
      param: stored.name,
    });
  }
  const data = stored.toFloat32();
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const rule = `${at}: all numbers must be finite, got ${data[bad]!} at ${bad}`;
    throw new IncompatibleAdapterError(rule, { param: stored.name });
  }
  return tensor('float32', stored.shape, data);
}

/** @throws IncompatibleAdapterError  when the shape is another */
export function expectShape(name: string, { shape }: FloatTensor, expected: readonly number[]): void {
  if (shape.length === expected.length && shape.every((dim, axis) => dim === expected[axis])) return;
  throw new IncompatibleAdapterError(`${name}: shape must be [${expected.join(', ')}], got [${shape.join(', ')}]`, {
    param: name,
  });
}

/** The numbers of a tensor that may have axes of one more, e.g. [out, 1], in whatever shape. */
export function expectSize(name: string, { shape, data }: FloatTensor, size: number): Float32Array {
  if (sizeOf(shape) === size && shape.filter((dim) => dim !== 1).length <= 1) return data;
  const rule = `${name}: must be a vector of ${size} numbers, got [${shape.join(', ')}]`;
  throw new IncompatibleAdapterError(rule, { param: name });
}

/** @throws ValidationError  when the file is not there */
export function requireFile(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes !== undefined) return bytes;
  const there = [...files.keys()].join(', ') || 'no file';
  throw new ValidationError(`adapter files: ${name} must be there, got ${there}`, { param: 'files' });
}

/** Names in an error message, the first few of them. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
