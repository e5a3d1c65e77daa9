import { SITE_ROLES } from '../../models/sites.js';
import type { Brick } from '../brick.js';
import type { Channel, PoolName } from './channel.js';

/** Where the pages of one brick lie in the pools. */
export interface Placement {
  readonly pages: ReadonlyMap<PoolName, PlacedPages>;
  /** True for (IA)³: its scales multiply and cannot be weighted or summed with another brick. */
  readonly isScaling: boolean;
}

export interface PlacedPages {
  readonly channel: Channel;
  readonly ids: readonly number[];
}

/** True when the brick scales activations and has no pages that the scale belongs to, as (IA)³ and unlike DoRA. */
export function isScaling(brick: Brick): boolean {
  return SITE_ROLES.some((role) => {
    const vectors = brick.vectors[role];
    return vectors?.inputScale !== undefined || (vectors?.outputScale !== undefined && !brick.lowRank[role]);
  });
}
