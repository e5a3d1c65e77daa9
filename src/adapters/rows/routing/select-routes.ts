import { ValidationError } from '../../../common/errors.js';
import type { GatePlace } from '../../brick.js';
import type { PlacedPages, Placement } from '../placement.js';
import type { RowPart } from '../row-part.js';
import { sameRange, type TokenRange } from '../token-range.js';
import { ADAPTER_FUSION, fusionPages, type FusionPages, type FusionPart } from './fusion-route.js';
import { gatePlaceOf } from './gate-place.js';
import type { TokenLaw } from './laws.js';

/** A route of a row as it is asked for. */
export type RoutePart = GatedPart | FusionPart;

/** A route that weighs its members by a gate vector of each. */
export interface GatedPart {
  readonly law: TokenLaw;
  /** Members a token goes to, at most. */
  readonly topK: number;
  readonly temperature: number;
  /** A token whose best member scores less goes to none. */
  readonly floor?: number | undefined;
  /** What holds the gate vectors of each member, in the members' order. */
  readonly gates: readonly Placement[];
}

/** A route of a row with the pages of its members' gate vectors. */
export interface SelectedRoute {
  readonly law: TokenLaw | typeof ADAPTER_FUSION;
  readonly topK: number;
  readonly temperature: number;
  readonly floor?: number | undefined;
  readonly tokens?: TokenRange | undefined;
  readonly members: number;
  /** By place, a gate page for each member; 0 where it has none and so takes no part. */
  readonly gates: ReadonlyMap<GatePlace, PlacedPages>;
  /** The matrices of a route by AdapterFusion, which has no gates. */
  readonly fusion?: FusionPages;
}

/** At how many places of a layer a route shares out. */
export function placesOf({ gates, fusion }: SelectedRoute): number {
  return gates.size + (fusion?.size ?? 0);
}

/**
 * The gate pages of a row's routes. A place counts only where some member has pages to be routed.
 *
 * @throws ValidationError  for a route that no part names or the other way round, gates that are not as many as the members,
 *   a member with pages at a place where it has no gate, members of unlike tokens, settings out of their ranges
 */
export function selectRoutes(parts: readonly RowPart[], routes: readonly RoutePart[]): SelectedRoute[] {
  const unknown = parts.find(({ route }) => route !== undefined && routes[route] === undefined)?.route;
  if (unknown !== undefined)
    throw new ValidationError(`adapters: route: expected one of the row's ${routes.length}, got ${unknown}`);
  return routes.map((route, index) => {
    const members = parts.filter((part) => part.route === index);
    if (route.law === ADAPTER_FUSION) return fused(route, members);
    checkSettings(route);
    checkMembers(route, members);
    const { law, topK, temperature, floor } = route;
    const tokens = members[0]?.tokens;
    return { law, topK, temperature, floor, tokens, members: members.length, gates: gatePages(route.gates, members) };
  });
}

function fused(route: FusionPart, members: readonly RowPart[]): SelectedRoute {
  const fusion = fusionPages(route, members);
  const { law } = route;
  return {
    ...{ law, topK: members.length, temperature: 1, tokens: members[0]?.tokens, members: members.length },
    ...{ gates: new Map(), fusion },
  };
}

function gatePages(gates: readonly Placement[], members: readonly RowPart[]): Map<GatePlace, PlacedPages> {
  const routed = members.map(({ placement }) => new Set([...placement.pages.keys()].map(gatePlaceOf)));
  const pages = new Map<GatePlace, PlacedPages>();
  for (const place of new Set(routed.flatMap((places) => [...places]))) {
    if (place === undefined) continue;
    const placed = gates.map((gate) => gate.pages.get(`gate.${place}`));
    const ids = placed.map((gate) => gate?.ids[0] ?? 0);
    const without = ids.findIndex((id, member) => id === 0 && routed[member]?.has(place));
    if (without >= 0)
      throw new ValidationError(`adapters: route: expected a gate vector at ${place} for member ${without}, got none`);
    const channel = placed.find((gate) => gate !== undefined)?.channel;
    if (channel) pages.set(place, { channel, ids });
  }
  return pages;
}

function checkSettings({ topK, temperature, floor }: GatedPart): void {
  if (!Number.isInteger(topK) || topK < 1)
    throw new ValidationError(`adapters: route: top_k: expected an integer from 1, got ${topK}`);
  if (!Number.isFinite(temperature) || temperature <= 0)
    throw new ValidationError(`adapters: route: temperature: expected a number above 0, got ${temperature}`);
  if (floor !== undefined && !Number.isFinite(floor))
    throw new ValidationError(`adapters: route: floor: expected a finite number, got ${floor}`);
}

function checkMembers({ gates }: GatedPart, members: readonly RowPart[]): void {
  if (members.length === 0 || gates.length !== members.length)
    throw new ValidationError(
      `adapters: route: expected members and a gate for each, got ${members.length} and ${gates.length}`,
    );
  if (!members.every(({ tokens }) => sameRange(tokens, members[0]?.tokens)))
    throw new ValidationError('adapters: route: expected members with the same tokens, got unlike ones');
}
