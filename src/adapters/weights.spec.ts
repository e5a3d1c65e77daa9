import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../engine/io/safetensors.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import { expectShape, expectSize, listed, readWeights, requireFile } from './weights.js';

const file = (value: Tensor) => writeSafetensors(new Map([['w', value]]));

describe('readWeights', () => {
  it('reads floats by name', () => {
    const weights = readWeights(file(tensor('float32', [2], Float32Array.of(1, -2))), 'x');
    expect([...weights.get('w')!.data]).toEqual([1, -2]);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d', (value) => {
    const bytes = file(tensor('float32', [2], Float32Array.of(1, value)));
    expect(() => readWeights(bytes, 'x.safetensors')).toThrow(
      `x.safetensors: w: all numbers must be finite, got ${value} at 1`,
    );
  });

  it('refuses integers, and bytes that are no safetensors', () => {
    expect(() => readWeights(file(tensor('int32', [1], Int32Array.of(1))), 'x')).toThrow(
      'w: must be F32, F16, BF16 or F64, got I32',
    );
    for (const size of [0, 4, 8, 100]) expect(() => readWeights(new Uint8Array(size).fill(255), 'x')).toThrow();
  });

  it('refuses an absurd count of tensors', () => {
    const many = new Map(
      Array.from({ length: 20_001 }, (_none, at) => [`w${at}`, tensor('float32', [0], new Float32Array())]),
    );
    expect(() => readWeights(writeSafetensors(many), 'x')).toThrow('x: at most 20000 tensors, got 20001');
  });
});

describe('shapes', () => {
  const matrix = tensor('float32', [2, 3], new Float32Array(6));

  it('are expected exactly, or as a vector with axes of one', () => {
    expect(() => expectShape('w', matrix, [3, 2])).toThrow('w: shape must be [3, 2], got [2, 3]');
    expect(() => expectShape('w', matrix, [2])).toThrow('w: shape must be [2], got [2, 3]');
    expect(expectSize('w', tensor('float32', [1, 6], matrix.data), 6)).toBe(matrix.data);
    expect(() => expectSize('w', matrix, 6)).toThrow('w: must be a vector of 6 numbers, got [2, 3]');
  });
});

describe('messages', () => {
  it('list the first few names', () => {
    expect(listed(['a', 'b'])).toBe('a, b');
    expect(listed('a b c d e f g h i j'.split(' '))).toBe('a, b, c, d, e, f, g, h and 2 more');
  });

  it('name a file that is not there', () => {
    expect(() => requireFile(new Map(), 'a.json')).toThrow('adapter files: a.json must be there, got no file');
  });
});
