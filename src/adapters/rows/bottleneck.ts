import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { activate } from '../../models/activation.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import type { BottleneckPages } from '../brick.js';
import { fusedUpdate } from './fusion.js';
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
 * LN(h + i), h or i as the adapter's kind says; or f is what attention makes of several, see `fusedUpdate`. Level by level,
 * h ← h + Σ f(x) with the x of that h. Padding has B = 0, so a row without bottlenecks is LN(h + i).
 *
 * Houlsby et al. 2019, arXiv:1902.00751; Pfeiffer et al. 2020, arXiv:2005.00247; parallel: He et al. 2021,
 * arXiv:2110.04366.
 *
 * @returns [batch, seq, hidden]
 */
export function blockWithBottlenecks(adapters: RowAdapters, block: Block): Value {
  const { residual, norm } = block;
  let { output } = block; // h
  let sum = add(output, residual);
  let normed: Value | undefined;
  const getNormed = (): Value => (normed ??= norm(sum));
  const bottlenecks = adapters.bottlenecks(block.slot, block.layer, getNormed);
  const fusions = adapters.fusions?.(block.slot, block.layer) ?? [];
  const levels = [...new Set([...bottlenecks, ...fusions].map(levelOf))].sort((a, b) => a - b);
  for (const [index, level] of levels.entries()) {
    const entry = (input: BottleneckPages['input']): Value =>
      input === 'normed' ? getNormed() : input === 'output' ? output : residual;
    const isHere = (values: { readonly level?: number }): boolean => levelOf(values) === level;
    const updates = [
      ...bottlenecks.filter(isHere).map((values) => bottleneck(values, entry(values.input))),
      ...fusions.filter(isHere).map((fusion) => fusedUpdate(fusion, entry(fusion.input))),
    ];
    sum = updates.reduce(add, sum);
    normed = undefined;
    if (index < levels.length - 1) output = updates.reduce(add, output);
  }
  return getNormed();
}

function levelOf({ level = 0 }: { readonly level?: number }): number {
  return level;
}

function bottleneck({ activation, bias, units }: BottleneckValues, x: Value): Value {
  if (!units) return bias;
  const inner = activate(add(matmul(x, units.a, { transposeB: true }), units.aBias), activation); // [batch, seq, units]
  return add(matmul(units.gates ? mul(inner, units.gates) : inner, units.b), bias);
}
