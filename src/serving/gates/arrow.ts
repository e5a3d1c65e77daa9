import type { BrickRef } from '../brick-ref.js';
import type { MemberBrick } from '../member-brick.js';
import type { RouteSource } from './route-source.js';
import { expectGatesAt, tokenRoute } from './token-route.js';

/** Of the id of a brick whose gates are the prototypes of another. */
export const ARROW_SUFFIX = '#arrow';

/** Prototypes are derived when a brick is first routed by them, and then kept beside it. */
export const arrow: RouteSource = async (asked, registry) => {
  const gates = asked.members.map(async (member: MemberBrick): Promise<BrickRef> => {
    expectGatesAt(member, member.traits.arrowPlaces, asked.at);
    const derived = await registry.arrowGates(member.tenantId, member.version);
    return { ...derived, id: `${member.ref.id}${ARROW_SUFFIX}` };
  });
  return tokenRoute('arrow', asked, await Promise.all(gates));
};
