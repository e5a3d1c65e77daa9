import type { Tensor } from '../tensor.js';

export type SafeDType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** One tensor of a safetensors file that is in memory. */
export interface SafeTensor {
  readonly name: string;
  readonly dtype: SafeDType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** The stored bytes, little endian, a view where the source allows one. */
  bytes(): Uint8Array;
  /** Converted to float32; an own array. Integers above 2^24 lose precision. */
  toFloat32(): Float32Array;
  /** Converted to int32; refused for floats and for values out of range. */
  toInt32(): Int32Array;
  /** As the engine holds it: floats → float32, I64 I32 I16 → int32, I8, U8, BOOL as they are. */
  toTensor(): Tensor;
}

export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the header says of one tensor. */
export interface SafeTensorInfo {
  readonly name: string;
  readonly dtype: SafeDType;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/** An open file: the header is read and checked, tensors are read one at a time. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafeTensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  read(name: string): Promise<SafeTensor>;
  close(): Promise<void>;
}

export declare function readSafetensors(bytes: Uint8Array): SafetensorsContent;
export declare function openSafetensors(path: string): Promise<SafetensorsFile>;
export declare function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array;
