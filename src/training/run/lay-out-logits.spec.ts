import { describe, expect, it } from 'vitest';
import { tensor } from '../../engine/tensor.js';
import { layOut } from './lay-out-logits.js';

describe('layOut', () => {
  it('puts the outputs of rows in the order of the labels', () => {
    const logits = tensor('float32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    const { shape, data } = layOut(logits, [2, 0], { from: 5, to: 0, seq: 9 });
    expect([shape, [...data]]).toEqual([
      [2, 2],
      [3, 1, 6, 4],
    ]);
  });

  it('moves tokens from behind the virtual tokens of one to those of the other', () => {
    const logits = tensor('float32', [2, 3, 1], Float32Array.of(9, 1, 2, 9, 3, 4));
    const { shape, data } = layOut(logits, [0], { from: 1, to: 2, seq: 4 });
    expect([shape, [...data]]).toEqual([
      [2, 4, 1],
      [0, 0, 1, 2, 0, 0, 3, 4],
    ]);
  });
});
