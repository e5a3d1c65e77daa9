import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { activate } from '../../models/activation.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import type { BottleneckPages } from '../brick.js';
import type { BottleneckValues, RowAdapters } from './row-adapters.js';

interface Block {
  readonly slot: BlockSlot;
  readonly layer: number;
  readonly output: Value;
  readonly residual: Value;
  readonly norm: (x: Value) => Value;
}

/**
 * The end of a block with bottleneck adapters: LN(h + i + Σ f(x)), where f(x) = Σₚ gₚ · act(x·Aₚᵀ + aₚ)·Bₚ + b and x is
 * LN(h + i), h or i as the adapter's kind says. Padding has B = 0, so a row without bottlenecks is LN(h + i).
 *
 * Houlsby et al. 2019, arXiv:1902.00751; Pfeiffer et al. 2020, arXiv:2005.00247; parallel: He et al. 2021,
 * arXiv:2110.04366.
 *
 * @returns [batch, seq, hidden]
 */
export function blockWithBottlenecks(adapters: RowAdapters, block: Block): Value {
  const sum = add(block.output, block.residual);
  const bottlenecks = adapters.bottlenecks(block.slot, block.layer);
  if (bottlenecks.length === 0) return block.norm(sum);
  const entry: Partial<Record<BottleneckPages['input'], Value>> = { output: block.output, residual: block.residual };
  const updates = bottlenecks.map((values) => bottleneck(values, (entry[values.input] ??= block.norm(sum))));
  return block.norm(updates.reduce(add, sum));
}

function bottleneck({ activation, bias, units }: BottleneckValues, x: Value): Value {
  if (!units) return bias;
  const inner = activate(add(matmul(x, units.a, { transposeB: true }), units.aBias), activation); // [batch, seq, units]
  return add(matmul(units.gates ? mul(inner, units.gates) : inner, units.b), bias);
}
