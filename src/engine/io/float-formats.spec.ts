import { describe, expect, it } from 'vitest';
import { alignedView, bfloat16ToFloat32, doubleToFloat32, halfToFloat32 } from './float-formats.js';

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The definition of IEEE 754 binary16, in double arithmetic. */
function halfByDefinition(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('halfToFloat32', () => {
  it('gives the defined value for every one of the 65,536 halves', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const actual = halfToFloat32(bytesOf(all));
    const wrong = [...actual].findIndex((value, bits) => !Object.is(value, Math.fround(halfByDefinition(bits))));
    expect(wrong).toBe(-1);
  });

  it('reads bytes that lie on an odd position', () => {
    const bytes = new Uint8Array([9, 0x00, 0x3c, 0x00, 0xc0]).subarray(1);
    expect([...halfToFloat32(bytes)]).toEqual([1, -2]);
  });
});

describe('bfloat16ToFloat32', () => {
  it('is exact for every value, infinities and NaN too', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const actual = new Uint32Array(bfloat16ToFloat32(bytesOf(all)).buffer);
    expect([...actual].every((bits, i) => bits === (i << 16) >>> 0)).toBe(true);
  });

  it('of nothing is nothing', () => {
    expect(bfloat16ToFloat32(new Uint8Array(0))).toHaveLength(0);
  });
});

describe('doubleToFloat32', () => {
  it('rounds to nearest even and overflows to infinity', () => {
    const doubles = new Float64Array([1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e300, -1e300, 1e-300, NaN]);
    expect([...doubleToFloat32(bytesOf(doubles))]).toEqual([1, 1 + 2 ** -22, Infinity, -Infinity, 0, NaN]);
  });
});

describe('alignedView', () => {
  it('shares memory when the bytes are aligned and copies when they are not', () => {
    const bytes = new Uint8Array(16);
    expect(alignedView(bytes.subarray(4, 12), 4, Uint32Array).buffer).toBe(bytes.buffer);
    expect(alignedView(bytes.subarray(3, 11), 4, Uint32Array).buffer).not.toBe(bytes.buffer);
  });
});
