import type { RowTable } from './row-table.js';

export interface Settled {
  /** Rows kept, one of each text, in the order of the file. */
  readonly kept: Uint32Array;
  /** For a regression, the mean value of rows whose values differ; by kept row. */
  readonly values: ReadonlyMap<number, number>;
  /** Rows left out because an earlier one is the same. */
  readonly duplicates: number;
  /** Texts that came with more than one label, and of these the ones that a majority settled; the others are dropped. */
  readonly conflicts: number;
  readonly settled: number;
  /** Rows left out because their label lost the vote, or there was a tie. */
  readonly outvoted: number;
}

interface Votes {
  readonly target: number;
  /** The first row with this target. */
  readonly row: number;
  count: number;
}

/**
 * Keeps one row of each text. Where its labels differ, the one with most rows wins; a tie drops the text, since no row of
 * it can be trusted. The mean of values that differ is taken instead. The row kept takes over the farthest split that one of
 * its equals is pinned to, so that a text once held out stays so.
 */
export function settleDuplicates(table: RowTable, isRegression: boolean): Settled {
  const order = Uint32Array.from({ length: table.size }, (_, row) => row);
  order.sort((a, b) => table.compareKeys(a, b) || a - b);
  const kept: number[] = [];
  const values = new Map<number, number>();
  let [duplicates, conflicts, settled, outvoted] = [0, 0, 0, 0];
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && table.compareKeys(order[start]!, order[end]!) === 0) end++;
    const rows = order.subarray(start, end);
    start = end;
    const votes = countVotes(table, rows, isRegression);
    const [winner, second] = votes;
    if (votes.length > 1) conflicts++;
    if (second && winner!.count === second.count) {
      outvoted += rows.length;
      continue;
    }
    if (votes.length > 1) settled++;
    outvoted += rows.length - winner!.count;
    duplicates += winner!.count - 1;
    kept.push(winner!.row);
    for (const row of rows) table.pin[winner!.row] = Math.max(table.pin[winner!.row]!, table.pin[row]!);
    if (isRegression && rows.some((row) => table.value[row] !== table.value[rows[0]!]))
      values.set(winner!.row, meanValue(table, rows));
  }
  return { kept: Uint32Array.from(kept).sort(), values, duplicates, conflicts, settled, outvoted };
}

/** Targets of the rows of one text, most frequent first. */
function countVotes(table: RowTable, rows: Uint32Array, isRegression: boolean): Votes[] {
  const votes = new Map<number, Votes>();
  for (const row of rows) {
    const target = isRegression ? 0 : table.target[row]!;
    const vote = votes.get(target);
    if (!vote) votes.set(target, { target, row, count: 1 });
    else vote.count++;
  }
  return [...votes.values()].sort((a, b) => b.count - a.count);
}

function meanValue(table: RowTable, rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + table.value[row]!, 0) / rows.length;
}
