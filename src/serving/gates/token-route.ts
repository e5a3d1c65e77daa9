import type { GatePlace } from '../../adapters/brick.js';
import type { TokenLaw } from '../../adapters/rows/routing/laws.js';
import { invalidComposition } from '../../composition/invalid.js';
import type { BrickRef } from '../brick-ref.js';
import type { MemberBrick } from '../member-brick.js';
import type { TokenRoute } from '../served-model.js';
import type { AskedRoute } from './route-source.js';

/** A route that the graph decides at each token, by these gates. */
export function tokenRoute(law: TokenLaw, { term, at }: AskedRoute, gates: readonly BrickRef[]): TokenRoute {
  const { topK, temperature, floor } = term;
  if (floor === 'auto') throw invalidComposition(at, `floor: expected a number, for ${law} has no floor of its own`);
  return { law, topK, temperature, ...(floor !== undefined && { floor }), gates };
}

/** @throws ValidationError  where a member would be shared out at a place that its gates say nothing of */
export function expectGatesAt({ pinned, traits }: MemberBrick, places: readonly GatePlace[], at: string): void {
  const without = traits.routedPlaces.find((place) => !places.includes(place));
  if (without !== undefined) throw invalidComposition(at, `${pinned}: expected a gate vector at ${without}, got none`);
}
