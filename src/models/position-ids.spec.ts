import { describe, expect, it } from 'vitest';
import { positionIds } from './position-ids.js';

const BERT = { positionRule: 'index', positionOffset: 0 } as const;
const ROBERTA = { positionRule: 'after_pad', positionOffset: 2 } as const;
const ids = (...values: number[]) => Int32Array.from(values);

describe('positionIds', () => {
  it('counts from 0 for index families, padding or not', () => {
    expect(positionIds(BERT, ids(5, 0, 7))).toEqual(ids(0, 1, 2));
  });

  it('counts tokens that are not padding from the offset', () => {
    expect(positionIds(ROBERTA, ids(0, 8, 1, 9, 2, 1, 1))).toEqual(ids(2, 3, 1, 4, 5, 1, 1));
  });

  it('counts virtual input tokens as positions and then looks at no ids', () => {
    expect(positionIds(BERT, ids(5, 6), { promptTokens: 3 })).toEqual(ids(0, 1, 2, 3, 4));
    expect(positionIds(ROBERTA, ids(0, 1, 2), { promptTokens: 2 })).toEqual(ids(2, 3, 4, 5, 6));
  });

  it('moves up by a prefix, padding excepted', () => {
    expect(positionIds(BERT, ids(5, 6), { prefixTokens: 4 })).toEqual(ids(4, 5));
    expect(positionIds(ROBERTA, ids(0, 9, 1), { prefixTokens: 4 })).toEqual(ids(6, 7, 1));
  });

  it('is empty for an empty row', () => {
    expect(positionIds(ROBERTA, ids())).toEqual(ids());
  });
});
