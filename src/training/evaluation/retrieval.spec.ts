import { describe, expect, it } from 'vitest';
import { matchRanks, retrievalScores } from './retrieval.js';

describe('retrieval', () => {
  it('ranks each match among all candidates', () => {
    expect([...matchRanks([0.9, 0.1, 0.3, 0.5, 0.2, 0.4], [0, 2], 3)]).toEqual([1, 2]);
  });

  it('counts ties against the match, so that one vector for all is no success', () => {
    expect([...matchRanks(new Array<number>(4).fill(1), [0, 1], 2)]).toEqual([2, 2]);
  });

  it('has recall, reciprocal rank and median', () => {
    expect(retrievalScores([1, 2, 20, 5], [1, 5, 10])).toEqual({
      recallAt: { 1: 0.25, 5: 0.75, 10: 0.75 },
      mrr: (1 + 0.5 + 0.05 + 0.2) / 4,
      medianRank: 3.5,
    });
    expect(retrievalScores([]).mrr).toBeNaN();
  });

  it('refuses NaN and matches that are not there', () => {
    expect(() => matchRanks([NaN], [0], 1)).toThrow('got NaN');
    expect(() => matchRanks([1], [1], 1)).toThrow('below 1, got 1');
  });
});
