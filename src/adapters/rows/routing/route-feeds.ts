import { tensor, type Tensor } from '../../../engine/tensor.js';
import { identityOf, type Channel } from '../channel.js';
import type { RowsLaidOut } from '../row-feeds.js';
import type { Selection } from '../selection.js';
import { routedPositions } from '../token-range.js';
import type { Variant } from '../variant.js';
import { ALL_MEMBERS_CLEAR, lawNumber } from './route-settings.js';
import type { RoutesUse } from './routes-use.js';

/**
 * What the routes of a batch read, by input name; nothing where the variant has none.
 *
 * `gate.place.ids` int32 [batch, routes, members]: a page for each member's gate vector, 0 for none ·
 * `routes.settings` float32 [batch, routes, 4]: law, 1 ÷ temperature, top k, floor ·
 * `routes.tokens` float32 [batch, seq, routes]: 1 at the positions that a route shares out ·
 * `channel.members` float32 [batch, routes · members, width]: what a member's share adds to the gate of each page; of a
 * fused channel [batch, members, width]: 1 where a page is the member's.
 */
export function routeFeeds(
  { uses, routes }: Variant,
  selections: readonly Selection[],
  rows: RowsLaidOut,
): Record<string, Tensor> {
  if (!routes) return {};
  const feeds: Record<string, Tensor> = {
    ...(routes.laws.length > 0 && { 'routes.settings': settings(routes, selections) }), // fusions have none
    'routes.tokens': tokens(routes, selections, rows),
  };
  for (const { channel, width, isRouted } of uses.values()) {
    if (channel.law === 'gate') feeds[`${channel.name}.ids`] = gateIds(channel, routes, selections);
    if (!isRouted) continue;
    const of = channel.fusedBy === undefined ? members : fusedMembers;
    feeds[`${channel.name}.members`] = of(channel, width, routes, selections);
  }
  return feeds;
}

function settings(use: RoutesUse, selections: readonly Selection[]): Tensor {
  const data = new Float32Array(selections.length * use.routes * 4);
  for (const [row, { routes }] of selections.entries())
    for (const [index, { law, temperature, topK, floor }] of routes.entries())
      data.set([lawNumber(law), 1 / temperature, topK, floor ?? ALL_MEMBERS_CLEAR], (row * use.routes + index) * 4);
  return tensor('float32', [selections.length, use.routes, 4], data);
}

function tokens(use: RoutesUse, selections: readonly Selection[], { seq, spans }: RowsLaidOut): Tensor {
  const data = new Float32Array(selections.length * seq * use.routes);
  for (const [row, { routes }] of selections.entries()) {
    const span = spans[row] ?? { start: 0, length: seq };
    for (const [index, route] of routes.entries()) {
      const { from, to } = routedPositions(route.tokens, span);
      for (let at = from; at < to; at++) data[(row * seq + at) * use.routes + index] = 1;
    }
  }
  return tensor('float32', [selections.length, seq, use.routes], data);
}

function gateIds({ name }: Channel, use: RoutesUse, selections: readonly Selection[]): Tensor {
  const data = new Int32Array(selections.length * use.routes * use.members);
  for (const [row, { routes }] of selections.entries())
    for (const [index, { gates }] of routes.entries())
      for (const { channel, ids } of gates.values())
        if (channel.name === name) data.set(ids, (row * use.routes + index) * use.members);
  return tensor('int32', [selections.length, use.routes, use.members], data);
}

function members(channel: Channel, width: number, use: RoutesUse, selections: readonly Selection[]): Tensor {
  const each = use.routes * use.members;
  const data = new Float32Array(selections.length * each * width);
  for (const [row, { channels }] of selections.entries()) {
    const pages = channels.get(channel.name)?.pages ?? [];
    const rest = identityOf(channel) === 1 ? pages.findIndex(({ page }) => page === 0) : -1;
    for (const [index, { weight, member }] of pages.entries()) {
      if (!member) continue;
      const from = (row * each + member.route * use.members + member.member) * width;
      data[from + index]! += weight;
      if (rest >= 0) data[from + rest]! -= weight;
    }
  }
  return tensor('float32', [selections.length, each, width], data);
}

function fusedMembers({ name }: Channel, width: number, use: RoutesUse, selections: readonly Selection[]): Tensor {
  const data = new Float32Array(selections.length * use.members * width);
  for (const [row, { channels }] of selections.entries())
    for (const [index, { member }] of (channels.get(name)?.pages ?? []).entries())
      if (member) data[(row * use.members + member.member) * width + index] = 1;
  return tensor('float32', [selections.length, use.members, width], data);
}
