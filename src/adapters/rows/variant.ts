import type { Channel, ChannelName } from './channel.js';
import { pageBucket } from './page-bucket.js';
import { routesUse, type RoutesUse } from './routing/routes-use.js';
import type { Selected, Selection } from './selection.js';

/**
 * How the pages of a channel are weighted: not at all, by a gate a row and page [batch, pages], or by a gate a token and
 * page [batch, seq, pages].
 */
export type Gating = 'none' | 'row' | 'token';

/** Finer gates can say all that coarser ones do. */
export const FINENESS: Record<Gating, number> = { none: 0, row: 1, token: 2 };

export interface ChannelUse {
  readonly channel: Channel;
  /** Ids a row, a power of two. */
  readonly width: number;
  readonly gating: Gating;
  /** Shares of routes are added to the gates. */
  readonly isRouted: boolean;
}

/** What a batch needs beyond the bare base: the channels that any of its rows uses. Empty for the bare base. */
export interface Variant {
  readonly uses: ReadonlyMap<ChannelName, ChannelUse>;
  readonly routes?: RoutesUse | undefined;
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
  const put = (use: ChannelUse): void => {
    const { name } = use.channel;
    uses.set(name, joinUses(uses.get(name), use));
  };
  for (const { channels, routes } of selections) {
    for (const selected of channels.values()) put(useOf(selected, options));
    for (const { gates } of routes)
      for (const { channel } of gates.values()) put({ channel, width: 1, gating: 'none', isRouted: false });
  }
  const routes = routesUse(selections.map((selection) => selection.routes));
  return { uses: new Map([...uses].sort(([a], [b]) => (a < b ? -1 : 1))), ...(routes && { routes }) };
}

/** The least use of a channel that covers both. */
export function joinUses(a: ChannelUse | undefined, b: ChannelUse): ChannelUse {
  if (!a) return b;
  return {
    channel: b.channel,
    width: Math.max(a.width, b.width),
    gating: FINENESS[a.gating] > FINENESS[b.gating] ? a.gating : b.gating,
    isRouted: a.isRouted || b.isRouted,
  };
}

function useOf({ channel, pages }: Selected, options: VariantOptions): ChannelUse {
  const isRouted = pages.some(({ member }) => member !== undefined);
  const isSplit = pages.some(({ tokens, member }) => tokens !== undefined && member === undefined);
  const isPlain = !isRouted && pages.length <= 1 && pages.every(({ weight }) => weight === 1);
  const byToken = isSplit || (options.tokenGates === true && channel.name.startsWith('low_rank.'));
  const isUngated = channel.law === 'concat' || (!channel.isPaged && isPlain && !isSplit);
  const gating = isUngated ? 'none' : byToken ? 'token' : 'row';
  return { channel, width: pageBucket(pages.length), gating, isRouted };
}

/** A stable name of all that shapes a batch, e.g. `low_rank.query:2 low_rank.value:2`; `base` for the bare base. */
export function variantKey(variant: Variant): string {
  const routes = variant.routes ? `:${variant.routes.members}` : '';
  return describe(variant, ({ width, channel }) => (channel.law === 'gate' ? '' : `:${width}`), routes);
}

/** The same without widths: batches of one graph key run on one compiled program, whose widths are symbolic. */
export function graphKey(variant: Variant): string {
  return describe(variant, () => '', '');
}

function describe({ uses, routes }: Variant, width: (use: ChannelUse) => string, members: string): string {
  if (uses.size === 0) return 'base';
  const channels = [...uses.values()].map((use) => use.channel.name + width(use) + suffix(use));
  return [...channels, ...(routes ? [`routes:${routes.routes}${members}@${routes.laws.join('+')}`] : [])].join(' ');
}

function suffix({ gating, isRouted }: ChannelUse): string {
  return (gating === 'none' ? '' : `@${gating}`) + (isRouted ? '@route' : '');
}
