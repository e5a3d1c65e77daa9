import { expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { firstPages, selectionOf } from '../../test/support/selection.js';
import type { Selection } from '../adapters/rows/selection.js';
import { splitRows } from './split-rows.js';

const { sites } = randomBase();

function pages(count: number): Selection {
  return selectionOf(sites, count === 0 ? {} : { 'low_rank.query': firstPages(count) });
}

it('keeps rows of up to 16 pages together and puts wider ones with rows of their bucket', () => {
  expect(splitRows([0, 1, 17, 16, 40, 30].map(pages))).toEqual([[0, 1, 3], [2, 5], [4]]);
});

it('makes no group of no rows', () => {
  expect(splitRows([])).toEqual([]);
});
