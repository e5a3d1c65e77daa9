import { cast } from '../../engine/ops/cast.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import type { PrefixValues } from '../../models/row-hooks.js';
import type { ChannelInputs } from './channel-inputs.js';

/**
 * Key and value tokens of each row before the sequence of one layer; a page is one token over all layers, and page 0
 * is a token that is not there.
 *
 * Li and Liang 2021, "Prefix-Tuning", arXiv:2101.00190.
 */
export function prefixOf(inputs: ChannelInputs, layers: number, layer: number): PrefixValues | undefined {
  if (!inputs.has('prefix')) return undefined;
  const at = inputs.blockIds('prefix', layers, layer); // [batch, prefix]
  return {
    keys: gather(inputs.pool('prefix', 'keys'), at, 0), // [batch, prefix, hidden]
    values: gather(inputs.pool('prefix', 'values'), at, 0), // [batch, prefix, hidden]
    mask: inputs.once('prefix.mask', () =>
      cast(greater(inputs.ids('prefix'), inputs.graph.scalar(0, 'int32')), 'int32'),
    ), // [batch, prefix]
  };
}
