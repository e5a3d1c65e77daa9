import { describe, expect, it } from 'vitest';
import { RowTable } from './row-table.js';
import { settleDuplicates } from './settle-duplicates.js';

/** Rows of [text, label or value, pin]. */
function settle(rows: [number, number, number?][], isRegression = false) {
  const table = new RowTable(100_000);
  for (const [key, target, pin = 0] of rows) {
    table.add({ key: { high: 7, low: key }, target, stratum: 0, value: target, offset: 0, bytes: 0, pin });
  }
  const { kept, values, ...counts } = settleDuplicates(table, isRegression);
  return { kept: [...kept], values: [...values], ...counts, table };
}

describe('settleDuplicates', () => {
  it('keeps the first of equal rows, in the order of the file', () => {
    expect(settle([[5, 1], [3, 1], [5, 1], [4, 1]])).toMatchObject({ kept: [0, 1, 3], duplicates: 1, conflicts: 0 }); // prettier-ignore
  });

  it('lets the majority of labels win', () => {
    const rows: [number, number][] = [[5, 2], [5, 1], [5, 1]]; // prettier-ignore
    expect(settle(rows)).toMatchObject({ kept: [1], duplicates: 1, conflicts: 1, settled: 1, outvoted: 1 });
  });

  it('drops a text whose labels tie', () => {
    const rows: [number, number][] = [[5, 2], [5, 1], [6, 1]]; // prettier-ignore
    expect(settle(rows)).toMatchObject({ kept: [2], duplicates: 0, conflicts: 1, settled: 0, outvoted: 2 });
  });

  it('takes the mean of values that differ', () => {
    const rows: [number, number][] = [[5, 1], [5, 2], [6, 4], [6, 4]]; // prettier-ignore
    expect(settle(rows, true)).toMatchObject({ kept: [0, 2], values: [[0, 1.5]], duplicates: 2, conflicts: 0 });
  });

  it('keeps a text held out that was held out in any of its rows', () => {
    const { kept, table } = settle([[5, 1], [5, 2, 2], [5, 1]]); // prettier-ignore
    expect([kept, table.pin[0]]).toEqual([[0], 2]);
  });

  it('keeps columns while they grow, and refuses more rows than allowed', () => {
    const rows = Array.from({ length: 3000 }, (_, row): [number, number] => [row, row]);
    expect(settle(rows).kept.length).toBe(3000);
    const small = new RowTable(1);
    const facts = { key: { high: 0, low: 0 }, target: 0, stratum: 0, value: 0, offset: 0, bytes: 0, pin: 0 };
    small.add(facts);
    expect(() => small.add(facts)).toThrow('at most 1 rows');
  });
});
