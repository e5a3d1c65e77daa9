import { describe, expect, it } from 'vitest';
import { ShapeError } from '../common/errors.js';
import {
  addDims,
  dim,
  dimToString,
  divDims,
  evaluateDim,
  mulDims,
  sameDim,
  subDims,
  SymbolicDim,
  termsOf,
} from './dim.js';

const batch = dim('batch');
const past = dim('past');
const seq = dim('seq');

describe('arithmetic', () => {
  it('keeps numbers plain', () => {
    expect(addDims(2, 3)).toBe(5);
    expect(mulDims(2, 3)).toBe(6);
    expect(subDims(2, 3)).toBe(-1);
    expect(divDims(6, 3)).toBe(2);
  });

  it('turns a polynomial whose names cancel into a number', () => {
    expect(subDims(addDims(seq, 4), seq)).toBe(4);
    expect(mulDims(seq, 0)).toBe(0);
    expect(subDims(mulDims(addDims(seq, 1), addDims(seq, -1)), mulDims(seq, seq))).toBe(-1);
  });

  it('does not depend on the order of operands', () => {
    expect(sameDim(addDims(past, seq), addDims(seq, past))).toBe(true);
    expect(sameDim(mulDims(batch, addDims(past, seq)), addDims(mulDims(seq, batch), mulDims(past, batch)))).toBe(true);
  });

  it('tells different polynomials apart', () => {
    expect(sameDim(seq, past)).toBe(false);
    expect(sameDim(seq, 3)).toBe(false);
    expect(sameDim(mulDims(seq, seq), mulDims(seq, 2))).toBe(false);
  });
});

describe('divDims', () => {
  it.each([
    [mulDims(seq, 12), 12, seq],
    [mulDims(seq, 12), seq, 12],
    [mulDims(batch, addDims(past, seq)), addDims(seq, past), batch],
    [subDims(mulDims(seq, seq), 1), addDims(seq, 1), subDims(seq, 1)],
    [mulDims(addDims(batch, seq), addDims(batch, past)), addDims(batch, past), addDims(batch, seq)],
    [0, seq, 0],
  ])('divides %s by %s exactly', (a, b, quotient) => {
    expect(dimToString(divDims(a, b))).toBe(dimToString(quotient));
  });

  it.each([
    [seq, 2],
    [7, 2],
    [addDims(seq, 1), seq],
    [seq, batch],
    [7, seq],
  ])('refuses %s by %s, which leaves a remainder for some value', (a, b) => {
    expect(() => divDims(a, b)).toThrow(ShapeError);
  });

  it('refuses 0 as divisor', () => {
    expect(() => divDims(seq, 0)).toThrow('divDims: expected a divisor other than 0, got seq / 0');
  });
});

describe('evaluateDim', () => {
  it('puts values in place of names', () => {
    const d = addDims(mulDims(mulDims(seq, seq), 3), subDims(batch, 5));
    expect(evaluateDim(d, { seq: 4, batch: 2 })).toBe(45);
    expect(evaluateDim(7, {})).toBe(7);
  });

  it('names the missing value', () => {
    expect(() => evaluateDim(addDims(seq, past), { seq: 1 })).toThrow(
      'evaluateDim: past + seq: expected a value for past, got none',
    );
  });
});

describe('text and terms', () => {
  it('prints highest powers first, and signs', () => {
    expect(dimToString(subDims(mulDims(batch, seq), addDims(mulDims(seq, 2), 3)))).toBe('batch*seq - 2*seq - 3');
    expect(dimToString(mulDims(seq, -1))).toBe('-seq');
  });

  it('gives terms that add up to the dimension', () => {
    expect(termsOf(addDims(mulDims(seq, 2), 3))).toEqual([
      { coefficient: 2, names: ['seq'] },
      { coefficient: 3, names: [] },
    ]);
    expect(termsOf(0)).toEqual([]);
    expect(seq).toBeInstanceOf(SymbolicDim);
  });

  it('refuses a name that is no identifier', () => {
    expect(() => dim('past + seq')).toThrow(ShapeError);
  });
});
