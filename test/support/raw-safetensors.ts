/** One tensor as it lies in a file. */
export interface RawTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A safetensors file of any element type, without checks. */
export function rawSafetensors(tensors: readonly RawTensor[]): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    return [name, { dtype, shape, data_offsets: [end, (end += bytes.byteLength)] }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  return Buffer.concat([length, header, ...tensors.map(({ bytes }) => bytes)]);
}

/** The upper halves of float32 numbers: exact for numbers with at most 8 significant bits. */
export function toBfloat16(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

/** Half-precision bytes of numbers that are multiples of 2⁻¹⁰ with magnitude in [2⁻⁴, 2). */
export function toHalf(values: Float32Array): Uint8Array {
  const words = Uint16Array.from(values, (value) => {
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  });
  return new Uint8Array(words.buffer);
}
