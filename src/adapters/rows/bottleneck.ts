import { mulDims, type Dim } from '../../engine/dim.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { gather } from '../../engine/ops/gather.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { reshape } from '../../engine/ops/reshape.js';
import { activate } from '../../models/activation.js';
import type { Activation } from '../../models/heads.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import { PAGE_RANKS, type BottleneckPages } from '../brick.js';
import type { BottleneckKind, ChannelName } from './channel.js';
import type { ChannelInputs } from './channel-inputs.js';

interface Block {
  readonly slot: BlockSlot;
  readonly layer: number;
  readonly output: Value;
  readonly residual: Value;
  readonly norm: (x: Value) => Value;
}

/**
 * The end of a block with the bottleneck adapters of each row: LN(h + i + Σ f(x)), where
 * f(x) = Σₚ gₚ · act(x·Aₚᵀ + aₚ)·Bₚ + b and x is LN(h + i), h or i as the adapter's kind says. Padding pages have B = 0,
 * so a row without bottlenecks is LN(h + i).
 *
 * Houlsby et al. 2019, arXiv:1902.00751; Pfeiffer et al. 2020, arXiv:2005.00247; parallel: He et al. 2021,
 * arXiv:2110.04366.
 *
 * @returns [batch, seq, hidden]
 */
export function blockWithBottlenecks(inputs: ChannelInputs, layers: number, block: Block): Value {
  const sum = add(block.output, block.residual);
  const kinds = kindsOf(inputs, block.slot);
  if (kinds.length === 0) return block.norm(sum);
  const entry: Partial<Record<BottleneckPages['input'], Value>> = { output: block.output, residual: block.residual };
  const updates = kinds.map((kind) => {
    const [, input, activation] = kind.split('.') as [string, BottleneckPages['input'], Activation];
    const x = (entry[input] ??= block.norm(sum));
    return bottleneck(inputs, kind, { layers, layer: block.layer, activation, x });
  });
  return block.norm(updates.reduce(add, sum));
}

function bottleneck(
  inputs: ChannelInputs,
  kind: BottleneckKind,
  { layers, layer, activation, x }: { layers: number; layer: number; activation: Activation; x: Value },
): Value {
  const bias = inputs.vector(`bottleneck_bias.${kind}`, 'value', layers, layer); // [batch, 1, hidden]
  const name = `bottleneck.${kind}` as const;
  if (!inputs.has(name)) return bias;
  const ids = inputs.rankIds(name, layers, layer); // [batch, 8P]
  const a = gather(inputs.pool(name, 'a'), ids, 0); // [batch, 8P, hidden]
  const b = gather(inputs.pool(name, 'b'), ids, 0); // [batch, 8P, hidden]
  const pageBias = gather(inputs.pool(name, 'a_bias'), inputs.blockIds(name, layers, layer), 0); // [batch, P, 8]
  const [batch, width] = pageBias.shape as [Dim, Dim];
  const unitBias = reshape(pageBias, [batch, 1, mulDims(width, PAGE_RANKS)]);
  const units = activate(add(matmul(x, a, { transposeB: true }), unitBias), activation); // [batch, seq, 8P]
  const gates = inputs.rankGates(name);
  return add(matmul(gates ? mul(units, gates) : units, b), bias);
}

function kindsOf(inputs: ChannelInputs, slot: BlockSlot): BottleneckKind[] {
  const prefix = `bottleneck_bias.${slot}.`;
  const isKind = (name: ChannelName): boolean => name.startsWith(prefix);
  return inputs
    .names()
    .filter(isKind)
    .map((name) => name.slice('bottleneck_bias.'.length) as BottleneckKind);
}
