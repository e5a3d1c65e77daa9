import { open, type FileHandle } from 'node:fs/promises';
import { NotFoundError, ShapeError, ValidationError } from '../../common/errors.js';
import { sizeOf, type DType, type Tensor } from '../tensor.js';
import { alignedView, bfloat16ToFloat32, doubleToFloat32, halfToFloat32 } from './float-formats.js';
import {
  checkTensorName,
  LENGTH_BYTES,
  parseHeader,
  readHeaderLength,
  SAFE_DTYPE_BYTES,
  type SafeDType,
  type SafeTensorInfo,
} from './safetensors-header.js';

export type { SafeDType, SafeTensorInfo } from './safetensors-header.js';

/** One read of the system call; Node refuses 2 GiB and more at once. */
const MAX_READ_BYTES = 1024 * 1024 * 1024;

/** One tensor whose bytes are in memory. */
export class SafeTensor {
  constructor(
    private readonly info: SafeTensorInfo,
    private readonly data: Uint8Array,
  ) {}

  get name(): string {
    return this.info.name;
  }

  get dtype(): SafeDType {
    return this.info.dtype;
  }

  get shape(): readonly number[] {
    return this.info.shape;
  }

  get byteLength(): number {
    return this.info.byteLength;
  }

  /** The stored bytes, little endian: a view, not a copy. */
  bytes(): Uint8Array {
    return this.data;
  }

  /** The values as float32, in memory of their own. F64 is rounded, I64 and I32 lose what exceeds 24 bits. */
  toFloat32(): Float32Array {
    switch (this.dtype) {
      case 'F32':
        return new Float32Array(this.copy().buffer);
      case 'F16':
        return halfToFloat32(this.data);
      case 'BF16':
        return bfloat16ToFloat32(this.data);
      case 'F64':
        return doubleToFloat32(this.data);
      default:
        return Float32Array.from(this.integers(), Number);
    }
  }

  /** The values of an F32 tensor as a view of the stored bytes where these lie on a multiple of 4, else as `toFloat32`. */
  viewFloat32(): Float32Array {
    return this.dtype === 'F32' ? alignedView(this.data, 4, Float32Array) : this.toFloat32();
  }

  /**
   * The values as int32, in memory of their own.
   * @throws ValidationError  for floats, and for an I64 outside of int32
   */
  toInt32(): Int32Array {
    return Int32Array.from(this.integers(), (value) => {
      if (value < -2147483648 || value > 2147483647) {
        throw new ValidationError(`safetensors: ${JSON.stringify(this.name)}: expected values of int32, got ${value}`);
      }
      return Number(value);
    });
  }

  /** As the engine holds it: floats as float32, I64 I32 I16 as int32, I8 U8 BOOL as they are. */
  toTensor(): Tensor {
    const { dtype, shape } = this;
    if (dtype === 'I8') return { dtype: 'int8', shape, data: new Int8Array(this.copy().buffer) };
    if (dtype === 'U8') return { dtype: 'uint8', shape, data: this.copy() };
    if (dtype === 'BOOL') return { dtype: 'bool', shape, data: this.copy() };
    if (dtype.startsWith('I')) return { dtype: 'int32', shape, data: this.toInt32() };
    return { dtype: 'float32', shape, data: this.toFloat32() };
  }

  private copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.data);
  }

  private integers(): Iterable<number | bigint> {
    const { dtype, data } = this;
    if (dtype === 'I64') return alignedView(data, 8, BigInt64Array);
    if (dtype === 'I32') return alignedView(data, 4, Int32Array);
    if (dtype === 'I16') return alignedView(data, 2, Int16Array);
    if (dtype === 'I8') return alignedView(data, 1, Int8Array);
    if (dtype === 'U8' || dtype === 'BOOL') return data;
    throw new ValidationError(`safetensors: ${JSON.stringify(this.name)}: expected integers, got ${dtype}`);
  }
}

export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a whole file that is in memory; tensors are views of `bytes` until they are converted.
 * @throws ValidationError  naming the tensor and the rule that it breaks
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsContent {
  const headerBytes = readHeaderLength(bytes, bytes.byteLength);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes), bytes.byteLength);
  const tensors = new Map<string, SafeTensor>();
  for (const [name, info] of header.tensors) {
    tensors.set(name, safeTensor(info, bytes.subarray(info.byteOffset, info.byteOffset + info.byteLength)));
  }
  return { tensors, metadata: header.metadata };
}

/**
 * An open safetensors file. The header was read and checked in full; tensors are read when asked for. Open until
 * `close`, after which `read` fails.
 */
export class SafetensorsFile {
  private constructor(
    private readonly handle: FileHandle,
    readonly tensors: ReadonlyMap<string, SafeTensorInfo>,
    readonly metadata: Readonly<Record<string, string>>,
  ) {}

  /** @throws ValidationError  naming the tensor and the rule that it breaks */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const start = await readExactly(handle, 0, Math.min(LENGTH_BYTES, size));
      const headerBytes = readHeaderLength(start, size);
      const header = parseHeader(await readExactly(handle, LENGTH_BYTES, headerBytes), size);
      return new SafetensorsFile(handle, header.tensors, header.metadata);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @throws NotFoundError  when the file has no tensor of that name */
  async read(name: string): Promise<SafeTensor> {
    const info = this.tensors.get(name);
    if (!info) throw new NotFoundError(`safetensors: expected a tensor ${JSON.stringify(name)}, got none`);
    return safeTensor(info, await readExactly(this.handle, info.byteOffset, info.byteLength));
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

export function openSafetensors(path: string): Promise<SafetensorsFile> {
  return SafetensorsFile.open(path);
}

function safeTensor(info: SafeTensorInfo, data: Uint8Array): SafeTensor {
  if (info.dtype === 'BOOL' && data.some((byte) => byte > 1)) {
    throw new ValidationError(`safetensors: ${JSON.stringify(info.name)}: expected BOOL bytes of 0 or 1`);
  }
  return new SafeTensor(info, data);
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const wanted = Math.min(length - done, MAX_READ_BYTES);
    const { bytesRead } = await handle.read(bytes, done, wanted, position + done);
    if (bytesRead === 0) throw new ValidationError(`safetensors: expected ${length} bytes at ${position}, got ${done}`);
    done += bytesRead;
  }
  return bytes;
}

const STORED_AS: Readonly<Record<DType, SafeDType>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
  int8: 'I8',
  uint8: 'U8',
};

/**
 * Writes a safetensors file. Equal content gives equal bytes: wider elements first, so that each tensor lies on a
 * multiple of its element size, then by name; metadata by key; the header is padded to 8 bytes.
 *
 * @throws ValidationError  for a reserved name
 * @throws ShapeError       when a tensor's data does not fill its shape
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  for (const [name, { shape, data }] of tensors) {
    if (sizeOf(shape) !== data.length) {
      throw new ShapeError(`writeSafetensors: ${name}: expected [${shape.join(', ')}], got ${data.length} values`);
    }
  }
  const { header, ordered, bytes } = safetensorsLayout(tensors, metadata);
  const file = new Uint8Array(bytes);
  file.set(header);
  let at = header.byteLength;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

export interface SafetensorsLayout {
  /** Length field and header. */
  readonly header: Uint8Array;
  /** In the order of their bytes, which fill the rest of the file. */
  readonly ordered: readonly (readonly [string, Tensor])[];
  /** Of the whole file. */
  readonly bytes: number;
}

/** Where `writeSafetensors` puts what; looks at shapes, never at numbers. @throws ValidationError  for a reserved name */
export function safetensorsLayout(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const width = (tensor: Tensor) => SAFE_DTYPE_BYTES[STORED_AS[tensor.dtype]];
  const ordered = [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || (a < b ? -1 : 1));
  const entries = new Map<string, unknown>();
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length > 0) entries.set('__metadata__', Object.fromEntries(pairs));
  let end = 0;
  for (const [name, tensor] of ordered) {
    checkTensorName(name);
    const offsets = [end, (end += sizeOf(tensor.shape) * width(tensor))];
    entries.set(name, { dtype: STORED_AS[tensor.dtype], shape: tensor.shape, data_offsets: offsets });
  }
  const body = [...entries].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',');
  const json = new TextEncoder().encode(`{${body}}`);
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, LENGTH_BYTES);
  return { header, ordered, bytes: header.byteLength + end };
}
