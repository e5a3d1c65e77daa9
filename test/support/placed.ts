import { channelOf, type PoolName } from '../../src/adapters/rows/channel.js';
import type { Placement } from '../../src/adapters/rows/placement.js';
import type { SiteTable } from '../../src/models/sites.js';

/** A brick that lies in these pages of the pools. */
export function placed(
  sites: SiteTable,
  pages: Partial<Record<PoolName, readonly number[]>>,
  isScaling = false,
): Placement {
  const entries = Object.entries(pages) as [PoolName, readonly number[]][];
  return {
    pages: new Map(entries.map(([name, ids]) => [name, { channel: channelOf(name, sites), ids }])),
    isScaling,
  };
}
