import { channelOf, type PoolName } from '../../src/adapters/rows/channel.js';
import type { Selection } from '../../src/adapters/rows/selection.js';
import type { SiteTable } from '../../src/models/sites.js';

/** What a row reads of the pools, from pages and weights by channel. */
export function selectionOf(
  sites: SiteTable,
  lists: Partial<Record<PoolName, readonly [number, number][]>>,
): Selection {
  const entries = Object.entries(lists) as [PoolName, readonly [number, number][]][];
  return {
    channels: new Map(
      entries.map(([name, list]) => [
        name,
        { channel: channelOf(name, sites), pages: list.map(([page, weight]) => ({ page, weight })) },
      ]),
    ),
    routes: [],
  };
}

/** Pages 1, 2, … of weight 1. */
export function firstPages(count: number): [number, number][] {
  return Array.from({ length: count }, (_, index) => [index + 1, 1]);
}
