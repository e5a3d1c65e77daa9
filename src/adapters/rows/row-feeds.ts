import { tensor, type Tensor } from '../../engine/tensor.js';
import { identityOf } from './channel.js';
import type { Selection } from './selection.js';
import type { ChannelUse, Variant } from './variant.js';

/**
 * Page ids and gates of a batch, by input name: `channel.ids` int32 [batch, width] and, where gated, `channel.gates`
 * float32 [batch, width] or [batch, seq, width]. Rows are padded with page 0; a row without the channel reads the
 * identity with gate 1 where page 0 is one. Prompts are left out: their ids stand at positions, which the layout knows.
 */
export function rowFeeds(variant: Variant, selections: readonly Selection[], seq: number): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const use of variant.uses.values()) {
    const { name } = use.channel;
    if (name === 'prompt') continue;
    const { ids, gates } = padded(use, selections);
    feeds[`${name}.ids`] = tensor('int32', [selections.length, use.width], ids);
    if (use.gating === 'row') feeds[`${name}.gates`] = tensor('float32', [selections.length, use.width], gates);
    if (use.gating === 'token')
      feeds[`${name}.gates`] = tensor('float32', [selections.length, seq, use.width], repeated(gates, use.width, seq));
  }
  return feeds;
}

function padded(
  { channel, width }: ChannelUse,
  selections: readonly Selection[],
): { ids: Int32Array; gates: Float32Array } {
  const ids = new Int32Array(selections.length * width);
  const gates = new Float32Array(selections.length * width);
  for (const [row, selection] of selections.entries()) {
    const selected = selection.get(channel.name);
    ids.set(selected?.ids ?? [], row * width);
    gates.set(selected?.gates ?? [identityOf(channel)], row * width);
  }
  return { ids, gates };
}

/** [batch, width] → [batch, seq, width] */
function repeated(gates: Float32Array, width: number, seq: number): Float32Array {
  const out = new Float32Array(gates.length * seq);
  for (let row = 0; row * width < gates.length; row++)
    for (let token = 0; token < seq; token++)
      out.set(gates.subarray(row * width, (row + 1) * width), (row * seq + token) * width);
  return out;
}
