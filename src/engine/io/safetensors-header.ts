import { ValidationError } from '../../common/errors.js';
import { parseStrictJson, type JsonValue } from './strict-json.js';

/** Bytes of one element, for every element type we read. */
export const SAFE_DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type SafeDType = keyof typeof SAFE_DTYPE_BYTES;

/** What the header says of one tensor. */
export interface SafeTensorInfo {
  readonly name: string;
  readonly dtype: SafeDType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Position of its first byte in the file. */
  readonly byteOffset: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafeTensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The length field of a file: 8 bytes before the header. */
export const LENGTH_BYTES = 8;
/** A header this long would describe some 100,000 tensors; nothing larger is read. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_RANK = 16;
const RESERVED_NAMES = new Set(['', '__proto__', 'prototype', 'constructor']);

/**
 * Reads the length field and checks it against the file, before anything is allocated for the header.
 *
 * @param start     at least the first 8 bytes, or the whole of a shorter file
 * @param fileBytes size of the whole file
 * @throws ValidationError  when the file is shorter than it says, or its header larger than the limit
 */
export function readHeaderLength(start: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES || start.byteLength < LENGTH_BYTES) {
    throw new ValidationError(`safetensors: expected at least ${LENGTH_BYTES} bytes, got ${fileBytes}`);
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new ValidationError(`safetensors: header: expected at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  }
  if (length < 2n || BigInt(LENGTH_BYTES) + length > BigInt(fileBytes)) {
    throw new ValidationError(
      `safetensors: header: expected it inside a file of ${fileBytes} bytes, got length ${length}`,
    );
  }
  return Number(length);
}

/**
 * Parses a header and checks all of it: JSON with each key once; known element types; shape × element size = bytes;
 * the tensors fill the data part from 0 to its end, with neither hole nor overlap.
 *
 * @throws ValidationError  naming the tensor and the rule
 */
export function parseHeader(header: Uint8Array, fileBytes: number): SafetensorsHeader {
  if (header[0] !== 0x7b) throw new ValidationError('safetensors: header: expected it to begin with {');
  const root = parseStrictJson(decodeUtf8(header), 'safetensors: header');
  if (!(root instanceof Map)) throw new ValidationError('safetensors: header: expected an object');
  const dataStart = LENGTH_BYTES + header.byteLength;
  const infos: SafeTensorInfo[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of root as ReadonlyMap<string, JsonValue>) {
    if (name === '__metadata__') metadata = parseMetadata(entry);
    else infos.push(parseTensor(name, entry, dataStart));
  }
  infos.sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  checkContiguous(infos, dataStart, fileBytes);
  return { tensors: new Map(infos.map((info) => [info.name, info])), metadata };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ValidationError('safetensors: header: expected valid UTF-8', { cause });
  }
}

function parseMetadata(entry: JsonValue): Readonly<Record<string, string>> {
  if (!(entry instanceof Map)) throw new ValidationError('safetensors: __metadata__: expected an object of strings');
  const pairs = [...(entry as ReadonlyMap<string, JsonValue>)].map(([key, value]): [string, string] => {
    if (typeof value !== 'string' || RESERVED_NAMES.has(key)) {
      throw new ValidationError(`safetensors: __metadata__: ${JSON.stringify(key)}: expected a plain key and a string`);
    }
    return [key, value];
  });
  return Object.fromEntries(pairs);
}

function parseTensor(name: string, entry: JsonValue, dataStart: number): SafeTensorInfo {
  const fail = (rule: string, got: unknown): never => {
    throw new ValidationError(`safetensors: ${JSON.stringify(name)}: ${rule}, got ${JSON.stringify(got)}`);
  };
  checkTensorName(name);
  if (!(entry instanceof Map)) return fail('expected an object', entry);
  const fields = entry as ReadonlyMap<string, JsonValue>;
  const extra = [...fields.keys()].find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (extra !== undefined) fail('expected dtype, shape and data_offsets only', extra);

  const dtype = fields.get('dtype');
  if (typeof dtype !== 'string' || !Object.hasOwn(SAFE_DTYPE_BYTES, dtype)) {
    return fail(`dtype: expected one of ${Object.keys(SAFE_DTYPE_BYTES).join(' ')}`, dtype);
  }
  const shape = fields.get('shape');
  if (!isSizeList(shape) || shape.length > MAX_RANK) {
    return fail(`shape: expected at most ${MAX_RANK} sizes ≥ 0`, shape);
  }
  const offsets = fields.get('data_offsets');
  if (!isSizeList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return fail('data_offsets: expected [begin, end] with 0 ≤ begin ≤ end', offsets);
  }
  const [begin = 0, end = 0] = offsets;
  const expected = shape.reduce((product, size) => product * size, SAFE_DTYPE_BYTES[dtype as SafeDType]);
  if (expected !== end - begin) fail(`expected ${expected} bytes for ${dtype} [${shape.join(', ')}]`, end - begin);
  return { name, dtype: dtype as SafeDType, shape, byteLength: end - begin, byteOffset: dataStart + begin };
}

/** @throws ValidationError  for the empty name and for names that an object's prototype answers to */
export function checkTensorName(name: string): void {
  if (RESERVED_NAMES.has(name) || name === '__metadata__') {
    throw new ValidationError(`safetensors: ${JSON.stringify(name)}: expected a name that is not reserved`);
  }
}

function isSizeList(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkContiguous(infos: readonly SafeTensorInfo[], dataStart: number, fileBytes: number): void {
  let end = dataStart;
  for (const { name, byteOffset, byteLength } of infos) {
    if (byteOffset !== end) {
      const fault = byteOffset < end ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new ValidationError(
        `safetensors: ${JSON.stringify(name)}: expected its data at ${end - dataStart}, got ${byteOffset - dataStart}: it ${fault}`,
      );
    }
    end += byteLength;
    if (end > fileBytes) {
      throw new ValidationError(
        `safetensors: ${JSON.stringify(name)}: expected its data inside the file of ${fileBytes} bytes, got end ${end}`,
      );
    }
  }
  if (end !== fileBytes) {
    throw new ValidationError(`safetensors: expected the last tensor to end the file at ${fileBytes}, got ${end}`);
  }
}
