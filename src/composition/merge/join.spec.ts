import { describe, expect, it } from 'vitest';
import { electedMean, weightedSum } from './join.js';
import { dropAtRandom, keepLargest } from './sparsify.js';

const of = (weight: number, ...values: number[]) => ({ weight, values: Float64Array.from(values) });

describe('the elected mean', () => {
  it('averages the numbers of the sign with the larger sum', () => {
    expect([...electedMean([of(1, 3, -1), of(1, -1, -2), of(1, 1, 4)], 'total')]).toEqual([2, 4]);
  });

  it('or of the sign with the larger count', () => {
    expect([...electedMean([of(1, -1), of(1, -2), of(1, 4)], 'frequency')]).toEqual([-1.5]);
  });

  it('a tie is +, and zeros neither vote nor count', () => {
    expect([...electedMean([of(1, 2, 0), of(1, -2, 0), of(1, 0, 5)], 'total')]).toEqual([2, 5]);
  });

  it('weights numbers after the majority', () => {
    expect([...electedMean([of(0.1, 3), of(2, -1)], 'total')][0]).toBeCloseTo(0.3, 12);
  });

  it('a negative weight turns the vote around', () => {
    expect([...electedMean([of(1, 1), of(-1, 3)], 'total')]).toEqual([-3]);
  });
});

it('a weighted sum is one', () => {
  expect([...weightedSum([of(2, 1, 2), of(-1, 1, 0)])]).toEqual([1, 4]);
});

describe('making sparse', () => {
  const values = Float64Array.of(1, -4, 2, -2, 0);

  it('keeps the largest in size, of equal ones the first', () => {
    expect([...keepLargest(values, 0.4)]).toEqual([0, -4, 2, 0, 0]);
    expect([...keepLargest(values, 0.5)]).toEqual([0, -4, 2, 0, 0]);
    expect([...keepLargest(values, 0.6)]).toEqual([0, -4, 2, -2, 0]);
    expect([...keepLargest(values, 1)]).toEqual([...values]);
  });

  it('DARE divides what stays', () => {
    expect([...dropAtRandom(values, 0.5, [1, 0, 1, 0, 1])]).toEqual([2, 0, 4, 0, 0]);
    expect([...dropAtRandom(values, 1, [])]).toEqual([...values]);
  });
});
