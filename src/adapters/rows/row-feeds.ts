import { tensor, type Tensor } from '../../engine/tensor.js';
import { identityOf } from './channel.js';
import type { Selected, SelectedPage, Selection } from './selection.js';
import { positionsOf } from './token-range.js';
import type { ChannelUse, Variant } from './variant.js';

/** Where the input's tokens of a row lie. */
export interface TokenSpan {
  readonly start: number;
  readonly length: number;
}

/** The rows of a batch as they lie in it. */
export interface RowsLaidOut {
  readonly seq: number;
  readonly spans: readonly TokenSpan[];
}

/**
 * Page ids and gates of a batch, by input name: `channel.ids` int32 [batch, width] and, where gated, `channel.gates`
 * float32 [batch, width] or [batch, seq, width]. Rows are padded with page 0; a row without the channel reads the
 * identity with gate 1 where page 0 is one. Prompts are left out: their ids stand at positions, which the layout knows;
 * so are gate vectors, which `routeFeeds` gives.
 */
export function rowFeeds(
  variant: Variant,
  selections: readonly Selection[],
  { seq, spans }: RowsLaidOut,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  const batch = selections.length;
  for (const use of variant.uses.values()) {
    const { channel, width, gating } = use;
    if (channel.law === 'gate' || channel.name === 'prompt') continue;
    const lists = selections.map(({ channels }) => channels.get(channel.name));
    const ids = new Int32Array(batch * width);
    for (const [row, list] of lists.entries()) ids.set(list?.pages.map(({ page }) => page) ?? [], row * width);
    feeds[`${channel.name}.ids`] = tensor('int32', [batch, width], ids);
    if (gating === 'none') continue;
    const positions = gating === 'token' ? seq : 1;
    const gates = new Float32Array(batch * positions * width);
    for (const [row, list] of lists.entries()) {
      const part = gates.subarray(row * positions * width, (row + 1) * positions * width);
      fillGates(part, list, use, spans[row] ?? { start: 0, length: seq });
    }
    feeds[`${channel.name}.gates`] = tensor('float32', [batch, ...(gating === 'token' ? [seq] : []), width], gates);
  }
  return feeds;
}

/** @param gates  of one row, [positions, width] */
function fillGates(gates: Float32Array, list: Selected | undefined, { channel, width }: ChannelUse, span: TokenSpan) {
  const positions = gates.length / width;
  const identity = identityOf(channel);
  const isFused = channel.fusedBy !== undefined; // the share of a member is multiplied by it, and is 0 beyond its tokens
  for (let at = 0; at < positions; at++) {
    let rest = identity as number;
    for (const [index, page] of (list?.pages ?? []).entries()) {
      const isRest = identity === 1 && page.page === 0;
      const weight = isRest ? rest : isFused ? page.weight : gateAt(page, at, span);
      gates[at * width + index] = weight;
      rest -= weight;
    }
    if (!list) gates[at * width] = identity;
  }
}

/** What a page weighs at a position without its share in a route. */
function gateAt({ weight, tokens, member }: SelectedPage, position: number, span: TokenSpan): number {
  if (member) return 0;
  if (!tokens) return weight;
  const { from, to } = positionsOf(tokens, span);
  return position >= from && position < to ? weight : 0;
}
