import { pageBucket } from '../page-bucket.js';
import { TOKEN_LAWS, type TokenLaw } from './laws.js';
import type { SelectedRoute } from './select-routes.js';

/** What the routes of a batch ask of its graph. */
export interface RoutesUse {
  /** Laws of any route, in the order of the table. */
  readonly laws: readonly TokenLaw[];
  /** Routes a row, a power of two. */
  readonly routes: number;
  /** Members a route, a power of two. */
  readonly members: number;
}

/** The least that serves rows with these routes; nothing when none has any. */
export function routesUse(rows: readonly (readonly SelectedRoute[])[]): RoutesUse | undefined {
  const all = rows.flat();
  if (all.length === 0) return undefined;
  return {
    laws: TOKEN_LAWS.filter((law) => all.some((route) => route.law === law)),
    routes: pageBucket(Math.max(...rows.map((routes) => routes.length))),
    members: pageBucket(Math.max(...all.map(({ members }) => members))),
  };
}

/** True when a graph for `held` can share out all that `wanted` asks. */
export function coversRoutes(held: RoutesUse | undefined, wanted: RoutesUse | undefined): boolean {
  if (!wanted) return true;
  return held !== undefined && held.routes >= wanted.routes && wanted.laws.every((law) => held.laws.includes(law));
}

/** `wanted` as a graph for `held` runs it. */
export function widenRoutes(held: RoutesUse | undefined, wanted: RoutesUse | undefined): RoutesUse | undefined {
  return held && { ...held, members: wanted?.members ?? 1 };
}

/** The least that covers both. */
export function joinRoutes(a: RoutesUse | undefined, b: RoutesUse | undefined): RoutesUse | undefined {
  if (!a || !b) return a ?? b;
  return {
    laws: TOKEN_LAWS.filter((law) => a.laws.includes(law) || b.laws.includes(law)),
    routes: Math.max(a.routes, b.routes),
    members: Math.max(a.members, b.members),
  };
}
