import { expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { firstPages, selectionOf } from '../../test/support/selection.js';
import { ValidationError } from '../common/errors.js';
import type { PlannedRow } from './batch-layout.js';
import { checkRow } from './check-row.js';
import type { Row } from './protocol.js';

const bert = randomBase();

function planned(ids: number[], tokens: { prompt?: number; prefix?: number } = {}, row: Partial<Row> = {}): PlannedRow {
  const { prompt = 0, prefix = 0 } = tokens;
  const selection = selectionOf(bert.sites, {
    ...(prompt > 0 && { prompt: firstPages(prompt) }),
    ...(prefix > 0 && { prefix: firstPages(prefix) }),
  });
  const inputIds = Int32Array.from(ids);
  return { row: { inputIds, bricks: [], heads: ['base'], task: { kind: 'hidden' }, ...row }, selection };
}

it.each<[string, PlannedRow]>([
  ['the longest row', planned(new Array<number>(48).fill(5))],
  ['the longest row with virtual tokens', planned(new Array<number>(43).fill(5), { prompt: 3, prefix: 2 })],
  ['the last ids of the tables', planned([39], {}, { tokenTypeIds: Int32Array.of(1) })],
])('accepts %s', (_name, row) => {
  expect(() => checkRow(row, bert.config)).not.toThrow();
});

it.each<[string, PlannedRow, string]>([
  ['no token', planned([]), 'at least one token'],
  ['too many tokens', planned(new Array<number>(49).fill(5)), 'at most 48 tokens, got 49 and 0 virtual ones'],
  [
    'too many with virtual ones',
    planned(new Array<number>(44).fill(5), { prompt: 3, prefix: 2 }),
    'got 44 and 5 virtual',
  ],
  ['an id past the vocabulary', planned([5, 40]), 'ids from 0 to 39, got 40'],
  ['a negative id', planned([-1]), 'got -1'],
  ['a token type past the table', planned([5], {}, { tokenTypeIds: Int32Array.of(2) }), 'ids from 0 to 1, got 2'],
  [
    'a position past the row',
    planned([5, 6], {}, { task: { kind: 'masked_lm', positions: [0, 2] } }),
    'numbers below 2, got 2',
  ],
  ['token types of another length', planned([5], {}, { tokenTypeIds: Int32Array.of(0, 0) }), 'expected 1 ids, got 2'],
])('refuses %s', (_name, row, message) => {
  expect(() => checkRow(row, bert.config)).toThrow(ValidationError);
  expect(() => checkRow(row, bert.config)).toThrow(message);
});
