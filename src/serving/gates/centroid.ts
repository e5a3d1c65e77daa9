import { invalidComposition } from '../../composition/invalid.js';
import type { RouteSource } from './route-source.js';

/** Centroids that were fitted on the members' texts; a floor of its own is the smallest of the members'. */
export const centroid: RouteSource = ({ term, members, at }) => {
  const known = members.map(({ pinned, traits }) => {
    if (traits.centroid) return traits.centroid;
    throw invalidComposition(at, `${pinned}: expected a centroid of its texts, got none: fit one to them`);
  });
  const { topK, temperature, floor } = term;
  const least = floor === 'auto' ? Math.min(...known.map((one) => one.floor)) : floor;
  const centroids = known.map(({ vector }) => vector);
  return Promise.resolve({
    law: 'centroid' as const,
    ...{ topK, temperature, ...(least !== undefined && { floor: least }), centroids },
  });
};
