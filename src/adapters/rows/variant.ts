import type { Channel, ChannelName } from './channel.js';
import { pageBucket } from './page-bucket.js';
import type { Selection } from './selection.js';

/**
 * How the pages of a channel are weighted: not at all, by a gate a row and page [batch, pages], or by a gate a token and
 * page [batch, seq, pages].
 */
export type Gating = 'none' | 'row' | 'token';

export interface ChannelUse {
  readonly channel: Channel;
  /** Ids a row, a power of two. */
  readonly width: number;
  readonly gating: Gating;
}

/** What a batch needs beyond the bare base: the channels that any of its rows uses. Empty for the bare base. */
export interface Variant {
  readonly uses: ReadonlyMap<ChannelName, ChannelUse>;
}

export interface VariantOptions {
  /** Gates of low-rank pages may differ from token to token. */
  readonly tokenGates?: boolean;
}

/**
 * The variant of a batch from the page lists of its rows. A row without bricks adds nothing. Widths are rounded up to
 * powers of two; vectors (scales, biases, norms) go ungated while every row has one brick of weight 1.
 */
export function variantOf(selections: readonly Selection[], options: VariantOptions = {}): Variant {
  const uses = new Map<ChannelName, ChannelUse>();
  for (const selection of selections)
    for (const [name, { channel, ids, gates }] of selection) {
      const width = pageBucket(ids.length);
      const before = uses.get(name);
      const isPlain = ids.length <= 1 && gates.every((gate) => gate === 1) && (before?.gating ?? 'none') === 'none';
      uses.set(name, {
        channel,
        width: Math.max(width, before?.width ?? 0),
        gating: gatingOf(channel, isPlain, options),
      });
    }
  return { uses: new Map([...uses].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function gatingOf(channel: Channel, isPlain: boolean, options: VariantOptions): Gating {
  if (channel.law === 'concat') return 'none';
  if (!channel.isPaged) return isPlain ? 'none' : 'row';
  return options.tokenGates && channel.name.startsWith('low_rank.') ? 'token' : 'row';
}

/** A stable name of all that shapes a batch, e.g. `low_rank.query:2 low_rank.value:2`; `base` for the bare base. */
export function variantKey(variant: Variant): string {
  return describe(variant, ({ width, gating }) => `:${width}${suffix(gating)}`);
}

/** The same without widths: batches of one graph key run on one compiled program, whose widths are symbolic. */
export function graphKey(variant: Variant): string {
  return describe(variant, ({ gating }) => suffix(gating));
}

function describe(variant: Variant, tail: (use: ChannelUse) => string): string {
  if (variant.uses.size === 0) return 'base';
  return [...variant.uses.values()].map((use) => use.channel.name + tail(use)).join(' ');
}

function suffix(gating: Gating): string {
  return gating === 'token' ? '@token' : gating === 'row' ? '@row' : '';
}
