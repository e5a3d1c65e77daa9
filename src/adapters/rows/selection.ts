import { ValidationError } from '../../common/errors.js';
import { SITE_ROLES } from '../../models/sites.js';
import type { Brick } from '../brick.js';
import type { Channel, ChannelName } from './channel.js';
import { MAX_SHARED_PAGES } from './page-bucket.js';

/** Where the pages of one brick lie in the pools. */
export interface Placement {
  readonly pages: ReadonlyMap<ChannelName, PlacedPages>;
  /** True for (IA)³: its scales multiply and cannot be weighted or summed with another brick. */
  readonly isScaling: boolean;
}

export interface PlacedPages {
  readonly channel: Channel;
  readonly ids: readonly number[];
}

/** The pages one row uses in one channel, and the weight of each. */
export interface Selected {
  readonly channel: Channel;
  readonly ids: readonly number[];
  readonly gates: readonly number[];
}

export type Selection = ReadonlyMap<ChannelName, Selected>;

/** True when the brick scales activations and has no pages that the scale belongs to, as (IA)³ and unlike DoRA. */
export function isScaling(brick: Brick): boolean {
  return SITE_ROLES.some((role) => {
    const vectors = brick.vectors[role];
    return vectors?.inputScale !== undefined || (vectors?.outputScale !== undefined && !brick.lowRank[role]);
  });
}

/**
 * The page lists of a row that sums several bricks with weights (design §2a): lists are put one after the other, each
 * page with its brick's weight as gate. Scales get a last entry, page 0 with 1 − Σ wᵢ, so that Σ wᵢ·xᵢ over the list
 * is 1 + Σ wᵢ(xᵢ − 1).
 *
 * @throws ValidationError  when the bricks have no exact sum: (IA)³ with another brick or a weight, weighted prefixes
 *   or prompts, a weight that is not finite
 */
export function selectPages(parts: readonly { placement: Placement; weight: number }[]): Selection {
  const lists = new Map<ChannelName, { channel: Channel; ids: number[]; gates: number[] }>();
  for (const { placement, weight } of parts) {
    if (!Number.isFinite(weight))
      throw new ValidationError(`adapters: weight: expected a finite number, got ${weight}`);
    if (placement.isScaling && (parts.length > 1 || weight !== 1))
      throw new ValidationError(
        `adapters: an (IA)³ adapter stands alone with weight 1, got weight ${weight} among ${parts.length} adapters`,
      );
    for (const [name, { channel, ids }] of placement.pages) {
      if (channel.law === 'gate') continue;
      if (channel.law === 'concat' && weight !== 1)
        throw new ValidationError(`adapters: a ${name} adapter has weight 1, got ${weight}`);
      const list = lists.get(name) ?? { channel, ids: [], gates: [] };
      lists.set(name, list);
      for (const id of ids) {
        list.ids.push(id);
        list.gates.push(weight);
      }
    }
  }
  for (const list of lists.values()) if (list.channel.law === 'scale') addIdentity(list);
  return lists;
}

function addIdentity(list: { ids: number[]; gates: number[] }): void {
  const rest = list.gates.reduce((left, weight) => left - weight, 1);
  if (rest === 0) return;
  list.ids.push(0);
  list.gates.push(rest);
}

/** True when the row has more pages in a channel than rows that share a batch may have. */
export function isWide(selection: Selection): boolean {
  for (const { channel, ids } of selection.values())
    if (channel.isPaged && channel.law === 'sum' && ids.length > MAX_SHARED_PAGES) return true;
  return false;
}
