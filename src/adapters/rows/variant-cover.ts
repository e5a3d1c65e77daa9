import type { ChannelName } from './channel.js';
import { coversRoutes, joinRoutes, widenRoutes, type RoutesUse } from './routing/routes-use.js';
import { FINENESS, joinUses, type ChannelUse, type Variant } from './variant.js';

/** How many channels a graph for `held` computes that a batch of `wanted` does not need; nothing when it cannot run it. */
export function extraChannels(held: Variant, wanted: Variant): number | undefined {
  if (!coversRoutes(held.routes, wanted.routes)) return undefined;
  for (const [name, use] of wanted.uses) {
    const there = held.uses.get(name);
    if (!there || FINENESS[there.gating] < FINENESS[use.gating] || (use.isRouted && !there.isRouted)) return undefined;
  }
  return held.uses.size - wanted.uses.size;
}

/** A batch of `wanted` as a graph for `held` runs it: rows without a channel read its identity. */
export function widen(wanted: Variant, held: Variant): Variant {
  const uses = [...held.uses.values()].map((use): [ChannelName, ChannelUse] => [
    use.channel.name,
    { ...use, width: wanted.uses.get(use.channel.name)?.width ?? 1 },
  ]);
  return { uses: new Map(uses), routes: widenRoutes(held.routes, wanted.routes) };
}

/** The least variant that covers all of these. */
export function joinVariants(variants: readonly Variant[]): Variant {
  const uses = new Map<ChannelName, ChannelUse>();
  for (const use of variants.flatMap((variant) => [...variant.uses.values()]))
    uses.set(use.channel.name, joinUses(uses.get(use.channel.name), use));
  const routes = variants.reduce<RoutesUse | undefined>((all, one) => joinRoutes(all, one.routes), undefined);
  return { uses: new Map([...uses].sort(([a], [b]) => (a < b ? -1 : 1))), routes };
}
