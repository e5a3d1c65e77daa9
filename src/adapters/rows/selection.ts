import { ValidationError } from '../../common/errors.js';
import { atLevel, fusedChannel, type Channel, type ChannelName, type PoolName } from './channel.js';
import { levelsOf } from './levels.js';
import { MAX_SHARED_PAGES } from './page-bucket.js';
import { gatePlaceOf } from './routing/gate-place.js';
import { ADAPTER_FUSION } from './routing/fusion-route.js';
import type { RowPart } from './row-part.js';
import { selectRoutes, type RoutePart, type SelectedRoute } from './routing/select-routes.js';
import { checkRange, type TokenRange } from './token-range.js';

/** One page of a row: where its gate is `weight`, and where the share of a route's member times it. */
export interface SelectedPage {
  readonly page: number;
  readonly weight: number;
  readonly tokens?: TokenRange | undefined;
  readonly member?: { readonly route: number; readonly member: number } | undefined;
}

/**
 * The pages one row uses in one channel. In a channel of scales page 0, the identity, may come last: its gate is what the
 * others leave of 1, whatever its weight.
 */
export interface Selected {
  readonly channel: Channel;
  readonly pages: readonly SelectedPage[];
}

/** What one row reads of the pools. */
export interface Selection {
  readonly channels: ReadonlyMap<ChannelName, Selected>;
  readonly routes: readonly SelectedRoute[];
}

/** Levels of a row; far above what a composition may nest. */
const MAX_LEVEL = 63;

/**
 * The page lists of a row that sums, splits, stacks and routes bricks (design §2a): lists are put one after the other, each
 * page with its brick's weight. Scales get a last entry, page 0 with 1 − Σ wᵢ, so that Σ wᵢ·xᵢ over the list is
 * 1 + Σ wᵢ(xᵢ − 1).
 *
 * @throws ValidationError  when the bricks have no exact sum: (IA)³ with another brick at its level or a weight, a prefix or
 *   prompt that is weighted, split or routed, a part routed where it has no gate, numbers out of their ranges
 */
export function selectPages(parts: readonly RowPart[], routes: readonly RoutePart[] = []): Selection {
  const members = new MemberCount();
  const levelled = parts.map((part) => ({ ...part, level: part.level ?? 0 }));
  const levelOf = levelsOf(levelled);
  const lists = new Map<ChannelName, { channel: Channel; pages: SelectedPage[] }>();
  for (const part of levelled) {
    checkPart(part, levelled);
    const { placement, weight, level, tokens, route } = part;
    const member = route === undefined ? undefined : { route, member: members.next(route) };
    for (const [pool, { channel: placed, ids }] of placement.pages) {
      if (placed.law === 'gate' || placed.law === 'fusion') continue;
      checkChannel(placed, part);
      const levelled = atLevel(placed, levelOf(pool, level));
      const isFused = member !== undefined && routes[member.route]?.law === ADAPTER_FUSION;
      const channel = isFused ? fusedChannel(levelled, member.route) : levelled;
      const list = lists.get(channel.name) ?? { channel, pages: [] };
      lists.set(channel.name, list);
      for (const page of ids) list.pages.push({ page, weight, tokens, member });
    }
  }
  for (const list of lists.values()) if (list.channel.law === 'scale') addIdentity(list.pages);
  const selected = selectRoutes(levelled, routes);
  for (const [route, { fusion }] of selected.entries()) {
    const level = levelled.find((part) => part.route === route)?.level ?? 0;
    for (const { channel, ids } of fusion?.values() ?? []) {
      const at = fusedChannel(atLevel(channel, levelOf(channel.pool, level)), route);
      lists.set(at.name, { channel: at, pages: ids.map((page) => ({ page, weight: 1 })) });
    }
  }
  return { channels: lists, routes: selected };
}

function checkPart(
  part: RowPart & { readonly level: number },
  parts: readonly (RowPart & { readonly level: number })[],
) {
  const { placement, weight, level, tokens, route } = part;
  if (!Number.isFinite(weight)) throw new ValidationError(`adapters: weight: expected a finite number, got ${weight}`);
  if (!Number.isInteger(level) || level < 0 || level > MAX_LEVEL)
    throw new ValidationError(`adapters: level: expected an integer from 0 to ${MAX_LEVEL}, got ${level}`);
  if (tokens) checkRange(tokens);
  const together = parts.filter((other) => other.level === level).length;
  if (!placement.isScaling || (together === 1 && weight === 1 && !tokens && route === undefined)) return;
  throw new ValidationError(
    `adapters: an (IA)³ adapter stands alone with weight 1, got weight ${weight} among ${together} adapters` +
      (tokens || route !== undefined ? ', split or routed' : ''),
  );
}

function checkChannel({ law, pool }: Channel, { weight, tokens, route }: RowPart): void {
  if (law === 'concat' && (weight !== 1 || tokens || route !== undefined))
    throw new ValidationError(
      `adapters: a ${pool} adapter has weight 1, got ${weight}${tokens || route !== undefined ? ', split or routed' : ''}`,
    );
  if (route !== undefined && gatePlaceOf(pool) === undefined)
    throw new ValidationError(`adapters: a routed adapter has parts at linear layers and bottlenecks, got ${pool}`);
}

function addIdentity(pages: SelectedPage[]): void {
  const isWhole = pages.every(({ tokens, member }) => tokens === undefined && member === undefined);
  const rest = pages.reduce((left, { weight }) => left - weight, 1);
  if (!isWhole || rest !== 0) pages.push({ page: 0, weight: rest });
}

/** Members of each route as they come in the row. */
class MemberCount {
  private readonly counts = new Map<number, number>();

  next(route: number): number {
    const count = this.counts.get(route) ?? 0;
    this.counts.set(route, count + 1);
    return count;
  }
}

/** Pages of a channel in the row's order; none where it has none. */
export function pagesOf({ channels }: Selection, name: PoolName): number[] {
  return (channels.get(name)?.pages ?? []).map(({ page }) => page);
}

/** True when the row has more pages in a channel, or members in a route, than rows that share a batch may have. */
export function isWide({ channels, routes }: Selection): boolean {
  for (const { channel, pages } of channels.values())
    if (channel.isPaged && channel.law === 'sum' && pages.length > MAX_SHARED_PAGES) return true;
  return routes.some(({ members }) => members > MAX_SHARED_PAGES);
}
