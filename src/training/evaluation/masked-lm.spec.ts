import { expect, it } from 'vitest';
import { maskedLmScores, tokenLoss } from './masked-lm.js';

it('perplexity is e to the mean loss: 8 for a uniform guess among 8', () => {
  expect(maskedLmScores([Math.log(4), Math.log(16)]).perplexity).toBeCloseTo(8, 12);
  expect(maskedLmScores([])).toEqual({ loss: NaN, perplexity: NaN, positions: 0 });
  expect(maskedLmScores([1000]).perplexity).toBe(Infinity);
});

it('tokenLoss does not overflow and sees only differences', () => {
  expect(tokenLoss([0, Math.log(3)], 1)).toBeCloseTo(Math.log(4 / 3), 12);
  expect(tokenLoss([5000, 5000 + Math.log(3)], 0)).toBeCloseTo(Math.log(4), 9);
});

it('refuses losses that are not finite or negative', () => {
  expect(() => maskedLmScores([NaN])).toThrow('got NaN');
  expect(() => maskedLmScores([-1])).toThrow('at least 0, got -1');
});
