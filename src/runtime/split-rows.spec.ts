import { expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { channelOf } from '../adapters/rows/channel.js';
import type { Selection } from '../adapters/rows/selection.js';
import { splitRows } from './split-rows.js';

const channel = channelOf('low_rank.query', randomBase().sites);

function pages(count: number): Selection {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return count === 0 ? new Map() : new Map([['low_rank.query', { channel, ids, gates: ids.map(() => 1) }]]);
}

it('keeps rows of up to 16 pages together and puts wider ones with rows of their bucket', () => {
  expect(splitRows([0, 1, 17, 16, 40, 30].map(pages))).toEqual([[0, 1, 3], [2, 5], [4]]);
});

it('makes no group of no rows', () => {
  expect(splitRows([])).toEqual([]);
});
