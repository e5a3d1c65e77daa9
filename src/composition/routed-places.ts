import { GATE_PLACES, type Brick, type GatePlace } from '../adapters/brick.js';
import { SITE_ROLES } from '../models/sites.js';

/** Places at which a route would share out something of a brick, and so needs a gate vector of it. */
export function routedPlaces({ lowRank, vectors, bottlenecks }: Brick): GatePlace[] {
  const places = new Set<GatePlace>(bottlenecks.map(({ slot }) => `${slot}_block` as const));
  for (const role of SITE_ROLES) {
    if ((lowRank[role]?.pages ?? 0) > 0 || vectors[role]?.bias || vectors[role]?.outputScale) places.add(role);
  }
  return GATE_PLACES.filter((place) => places.has(place));
}
