import { describe, expect, it } from 'vitest';
import { classWeights } from './class-weights.js';

describe('class weights', () => {
  it('balance by the inverse of the counts, with mean 1', () => {
    expect(classWeights([10, 30], 'balanced')).toEqual([1.5, 0.5].map((x) => expect.closeTo(x, 12)));
  });

  it('follow the effective number of examples', () => {
    const raw = [10, 1000].map((n) => (1 - 0.99) / (1 - 0.99 ** n));
    const mean = (raw[0]! + raw[1]!) / 2;
    expect(classWeights([10, 1000], 'effective', 0.99)).toEqual(raw.map((x) => expect.closeTo(x / mean, 9)));
  });

  it('are all 1 at β = 0 and balanced as β goes to 1', () => {
    expect(classWeights([3, 50], 'effective', 0)).toEqual([1, 1]);
    const near = classWeights([3, 50], 'effective', 1 - 1e-12);
    expect(near).toEqual(classWeights([3, 50], 'balanced').map((x) => expect.closeTo(x, 6)));
  });

  it('give a label never seen no weight, and no label at all none', () => {
    expect(classWeights([4, 0], 'balanced')).toEqual([1, 0]);
    expect(classWeights([0, 0], 'effective')).toEqual([0, 0]);
    expect(classWeights([], 'balanced')).toEqual([]);
  });

  it('refuse counts and β that are none', () => {
    expect(() => classWeights([-1], 'balanced')).toThrow('counts: expected counts from 0, got -1');
    expect(() => classWeights([1], 'effective', 1)).toThrow('beta: expected [0, 1), got 1');
  });
});
