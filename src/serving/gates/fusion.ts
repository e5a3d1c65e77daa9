import { invalidComposition } from '../../composition/invalid.js';
import type { AskedRoute, RouteSource } from './route-source.js';

/** The matrices of a router that was fitted for these bottlenecks. */
export const fusion: RouteSource = (asked) => {
  const { router, members, at } = asked;
  if (!router) throw invalidComposition(at, 'router: expected the fusion that was fitted for its members, got none');
  const { fusedBlocks, experts } = router.traits;
  if (!fusedBlocks)
    throw invalidComposition(
      at,
      `router: expected one for adapter_fusion, got ${router.pinned}, which has no matrices`,
    );
  if (experts !== members.length)
    throw invalidComposition(
      at,
      `route: expected the ${experts} bricks that ${router.pinned} mixes, got ${members.length}`,
    );
  checkBlocks(asked, fusedBlocks);
  return Promise.resolve({ law: 'adapter_fusion' as const, fusion: router.ref });
};

/** Members are mixed where all of them act, and weighed by what they read there. */
function checkBlocks({ members, router, at }: AskedRoute, fused: readonly string[]): void {
  const textOf = ({ traits }: AskedRoute['members'][number]): string => traits.bottlenecks.join(' and ') || 'no block';
  const [first] = members;
  const odd = members.find((member) => textOf(member) !== textOf(first!));
  if (odd)
    throw invalidComposition(
      at,
      `expected bottlenecks at the same blocks, those of ${first!.pinned}, ${textOf(first!)}, got ${odd.pinned}, ${textOf(odd)}`,
    );
  const missing = first!.traits.bottlenecks.map((text) => text.split(' ')[0]!).find((slot) => !fused.includes(slot));
  if (missing === undefined) return;
  const got = `${router!.pinned}, which has some for ${fused.join(' and ')}`;
  throw invalidComposition(
    at,
    `router: expected matrices for ${missing} blocks, where ${first!.pinned} acts, got ${got}`,
  );
}
