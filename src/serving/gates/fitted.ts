import type { RouterLaw } from '../../adapters/routing/router-files.js';
import { invalidComposition } from '../../composition/invalid.js';
import type { BrickRef } from '../brick-ref.js';
import { partRef, type MemberBrick } from '../member-brick.js';
import type { AskedRoute, RouteSource } from './route-source.js';
import { expectGatesAt, tokenRoute } from './token-route.js';

/** Gates that were trained: those of the route's router where it names one, else those that each member brings. */
export function fitted(law: RouterLaw): RouteSource {
  return async (asked) => {
    const gates = asked.router ? gatesOfRouter(law, asked, asked.router) : ownGates(law, asked);
    return tokenRoute(law, asked, gates);
  };
}

function ownGates(law: RouterLaw, { members, at }: AskedRoute): BrickRef[] {
  return members.map((member) => {
    const { gatesFor, gatePlaces } = member.traits;
    if (gatesFor !== law)
      throw invalidComposition(
        at,
        `${member.pinned}: expected gates that were fitted for ${law}, got ${gatesFor ?? 'none'}`,
      );
    expectGatesAt(member, gatePlaces, at);
    return member.ref;
  });
}

function gatesOfRouter(law: RouterLaw, { members, at }: AskedRoute, router: MemberBrick): BrickRef[] {
  const { experts, gatesFor, gatePlaces } = router.traits;
  if (experts === undefined) throw invalidComposition(at, `router: expected a router, got ${router.pinned}, a brick`);
  if (gatesFor !== law)
    throw invalidComposition(
      at,
      `router: expected one for ${law}, got ${router.pinned}, one for ${gatesFor ?? 'none'}`,
    );
  if (experts !== members.length)
    throw invalidComposition(
      at,
      `route: expected the ${experts} bricks that ${router.pinned} weighs, in its order, got ${members.length}`,
    );
  for (const member of members) expectGatesAt(member, gatePlaces, at);
  return members.map((_, expert) => partRef(router, expert));
}
