import type { Brick } from '../brick.js';

const NOTHING: Brick = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] };

/** Part of a router that is loaded as a brick of its own: the gates of one expert by its number, or its head. */
export type RouterPart = number | 'head';

/** The part as a brick; its arrays are views of the router's. */
export function routerPart(router: Brick, part: RouterPart): Brick {
  if (part === 'head') {
    const { head, headFromBase } = router;
    return { ...NOTHING, ...(head && { head }), ...(headFromBase && { headFromBase }) };
  }
  const { gates = {}, experts = 1 } = router;
  const own = Object.entries(gates).map(([place, all]) => {
    const size = all.length / experts;
    return [place, all.subarray(part * size, (part + 1) * size)] as const;
  });
  return { ...NOTHING, gates: Object.fromEntries(own) };
}
