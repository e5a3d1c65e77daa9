import { placesOf } from '../adapters/rows/routing/select-routes.js';
import { routedPositions } from '../adapters/rows/token-range.js';
import type { Tensor } from '../engine/tensor.js';
import type { Layout, PlannedRow } from './batch-layout.js';

/**
 * What the routes of each row did: for a route the mean share of each member over the tokens and places that it shares out,
 * then the part of these that went to no member (1 where there is none).
 *
 * @param outputs  `route_shares` [batch, routes, members] and `route_abstained` [batch, routes], sums over tokens and places
 * @returns        nothing for rows without routes
 */
export function routeReport(
  rows: readonly PlannedRow[],
  { spans }: Layout,
  { layers, outputs }: { layers: number; outputs: Readonly<Record<string, Tensor>> },
): (Float32Array[] | undefined)[] {
  const { route_shares: shares, route_abstained: abstained } = outputs;
  const [, routes = 0, members = 0] = shares?.shape ?? [];
  return rows.map(({ selection }, row) => {
    if (selection.routes.length === 0 || !shares || !abstained) return undefined;
    const span = spans[row] ?? { start: 0, length: 0 };
    return selection.routes.map((route, index) => {
      const { from, to } = routedPositions(route.tokens, span);
      const count = (to - from) * layers * placesOf(route);
      const at = row * routes + index;
      const sums = Array.from({ length: route.members }, (_, member) => Number(shares.data[at * members + member]));
      if (count === 0) return Float32Array.from([...sums.map(() => 0), 1]);
      return Float32Array.from([...sums, Number(abstained.data[at])].map((sum) => sum / count));
    });
  });
}
