import { expect, it } from 'vitest';
import { joinedAnswer } from './joined-answer.js';

const join = { columns: [[0, 3], [1]] };
const result = { shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40) };

it('puts the logits of several heads together, position by position', () => {
  const { shape, data } = joinedAnswer({ join }, { kind: 'token' }, result);
  expect([shape, [...data]]).toEqual([
    [2, 2],
    [2.5, 2, 25, 20],
  ]);
});

it('leaves alone what has no labels, and what one head answers whole', () => {
  expect(joinedAnswer({ join }, { kind: 'embedding', pooling: 'mean' }, result)).toBe(result);
  expect(joinedAnswer({ join }, { kind: 'masked_lm', positions: [1] }, result)).toBe(result);
  expect(joinedAnswer({}, { kind: 'sequence' }, result)).toBe(result);
});

it('keeps the shares of routes', () => {
  const shares = [Float32Array.of(0.5, 0.5, 0)];
  expect(joinedAnswer({ join }, { kind: 'token' }, { ...result, shares }).shares).toBe(shares);
  const prompt = { join: { columns: [[1]] }, template: '{text} [MASK]' };
  expect(joinedAnswer(prompt, { kind: 'masked_lm', positions: [1] }, result).shape).toEqual([2, 1]);
});
