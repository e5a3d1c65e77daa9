import { pageBucket } from '../adapters/rows/page-bucket.js';
import { isWide, type Selection } from '../adapters/rows/selection.js';

/**
 * Rows that may share a forward pass: all rows of few pages together, wide rows by their own page bucket, for the widest
 * row sets the cost of all.
 *
 * @returns the indices of each group, in the order of the rows
 */
export function splitRows(selections: readonly Selection[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const [index, selection] of selections.entries()) {
    const bucket = isWide(selection) ? widestBucket(selection) : 0;
    const group = groups.get(bucket) ?? [];
    groups.set(bucket, group);
    group.push(index);
  }
  return [...groups.values()];
}

function widestBucket({ channels, routes }: Selection): number {
  const pages = [...channels.values()].map((selected) => selected.pages.length);
  return pageBucket(Math.max(...pages, ...routes.map(({ members }) => members)));
}
