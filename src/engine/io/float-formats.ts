let halfTable: Uint32Array | undefined;

/** Bits of the float32 equal to the IEEE 754 binary16 with bits `half`. */
function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return (sign | 0x7f800000 | (fraction << 13)) >>> 0; // infinity, NaN with its payload
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0; // bias 15 -> 127
  if (fraction === 0) return sign >>> 0;
  const shift = Math.clz32(fraction) - 21; // subnormal: brings the leading one to bit 10
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

/**
 * Half precision to single, exact: every one of the 65,536 values by a table built at first use (256 KiB).
 *
 * @param bytes  [2·n] little endian
 * @returns      [n]
 */
export function halfToFloat32(bytes: Uint8Array): Float32Array {
  halfTable ??= Uint32Array.from({ length: 65536 }, (_, half) => halfToFloatBits(half));
  const halves = alignedView(bytes, 2, Uint16Array);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halfTable[halves[i]!]!;
  return new Float32Array(bits.buffer);
}

/**
 * bfloat16 to single, exact: a bfloat16 is the upper half of a float32.
 *
 * @param bytes  [2·n] little endian
 * @returns      [n]
 */
export function bfloat16ToFloat32(bytes: Uint8Array): Float32Array {
  const halves = alignedView(bytes, 2, Uint16Array);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Double to single, rounded to nearest even; beyond the range it becomes an infinity. [8·n] bytes -> [n] */
export function doubleToFloat32(bytes: Uint8Array): Float32Array {
  return Float32Array.from(alignedView(bytes, 8, Float64Array));
}

/** The bytes as elements of `size` bytes, without a copy when they lie on a multiple of it. */
export function alignedView<T>(
  bytes: Uint8Array,
  size: number,
  type: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
): T {
  const source = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new type(source.buffer, source.byteOffset, source.byteLength / size);
}
