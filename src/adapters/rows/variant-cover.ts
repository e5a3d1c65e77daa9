import type { ChannelName } from './channel.js';
import type { ChannelUse, Gating, Variant } from './variant.js';

/** Finer gates can say all that coarser ones do. */
const FINENESS: Record<Gating, number> = { none: 0, row: 1, token: 2 };

/** How many channels a graph for `held` computes that a batch of `wanted` does not need; nothing when it cannot run it. */
export function extraChannels(held: Variant, wanted: Variant): number | undefined {
  for (const [name, use] of wanted.uses) {
    const there = held.uses.get(name);
    if (!there || FINENESS[there.gating] < FINENESS[use.gating]) return undefined;
  }
  return held.uses.size - wanted.uses.size;
}

/** A batch of `wanted` as a graph for `held` runs it: rows without a channel read its identity. */
export function widen(wanted: Variant, held: Variant): Variant {
  const uses = [...held.uses.values()].map((use): [ChannelName, ChannelUse] => [
    use.channel.name,
    { ...use, width: wanted.uses.get(use.channel.name)?.width ?? 1 },
  ]);
  return { uses: new Map(uses) };
}

/** The least variant that covers all of these. */
export function joinVariants(variants: readonly Variant[]): Variant {
  const uses = new Map<ChannelName, ChannelUse>();
  for (const use of variants.flatMap((variant) => [...variant.uses.values()])) {
    const known = uses.get(use.channel.name);
    if (!known || FINENESS[use.gating] > FINENESS[known.gating]) uses.set(use.channel.name, use);
  }
  return { uses: new Map([...uses].sort(([a], [b]) => (a < b ? -1 : 1))) };
}
