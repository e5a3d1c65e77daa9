import { expect, it } from 'vitest';
import { ShapeError } from '../common/errors.js';
import { joinLogits } from './join-logits.js';

const part = (shape: number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });

it('gives one head as it is', () => {
  const only = part([2], 1, 2);
  expect(joinLogits([only])).toBe(only);
});

it('puts labels of several heads side by side, position by position', () => {
  expect(joinLogits([part([2], 1, 2), part([1], 3), part([0])])).toEqual(part([3], 1, 2, 3));
  expect(joinLogits([part([2, 1], 1, 2), part([2, 2], 3, 4, 5, 6)])).toEqual(part([2, 3], 1, 3, 4, 2, 5, 6));
});

it('refuses no heads and heads of unlike positions', () => {
  expect(() => joinLogits([])).toThrow(ShapeError);
  expect(() => joinLogits([part([1, 2], 1, 2), part([2, 1], 1, 2)])).toThrow('expected [1] rows, got [2, 1]');
});
