import { ValidationError } from '../../common/errors.js';

/** Wire types of protocol buffers: how the bytes after a tag are read. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * Writes one protocol-buffers message, field by field; nested messages are bytes.
 * https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoWriter {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** An integer of any sign, as int64 stores it: ten bytes when negative. */
  int(field: number, value: number | bigint): this {
    this.tag(field, VARINT);
    return this.push(varint(BigInt.asUintN(64, BigInt(value))));
  }

  float(field: number, value: number): this {
    this.tag(field, FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.push(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, BYTES);
    this.push(varint(BigInt(value.byteLength)));
    return this.push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtoWriter): this {
    this.tag(field, BYTES);
    this.push(varint(BigInt(value.length)));
    for (const chunk of value.chunks) this.push(chunk);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      out.set(chunk, at);
      at += chunk.byteLength;
    }
    return out;
  }

  private tag(field: number, wire: number): void {
    this.push(varint(BigInt(field * 8 + wire)));
  }

  private push(bytes: Uint8Array): this {
    this.chunks.push(bytes);
    this.length += bytes.byteLength;
    return this;
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** One field as read: a varint or fixed number in `value`, anything with a length in `bytes`. */
export interface ProtoField {
  readonly field: number;
  readonly value: bigint;
  readonly bytes: Uint8Array;
}

/**
 * The fields of one message, in the order written. Unknown fields are the caller's to skip.
 * @throws ValidationError  for a message that is cut or uses a wire type that no message of ours has
 */
export function* readFields(message: Uint8Array): Generator<ProtoField> {
  let at = 0;
  const fail = (rule: string): never => {
    throw new ValidationError(`protobuf: ${rule} at byte ${at} of ${message.byteLength}`);
  };
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at] ?? fail('expected more bytes');
      at++;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return fail('expected an integer of at most ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > message.byteLength - at) fail(`expected ${length} more bytes`);
    at += length;
    return message.subarray(at - length, at);
  };

  while (at < message.byteLength) {
    const tag = Number(readVarint());
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === VARINT) yield { field, value: readVarint(), bytes: new Uint8Array(0) };
    else if (wire === BYTES) yield { field, value: 0n, bytes: take(Number(readVarint())) };
    else if (wire === FIXED32) yield { field, value: 0n, bytes: take(4) };
    else if (wire === FIXED64) yield { field, value: 0n, bytes: take(8) };
    else fail(`expected wire type 0, 1, 2 or 5, got ${wire}`);
  }
}
