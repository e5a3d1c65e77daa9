import type { FusedUnits, FusionValues, RowAdapters } from '../../adapters/rows/row-adapters.js';
import { IncompatibleAdapterError } from '../../common/errors.js';
import type { Graph, Value } from '../../engine/graph.js';
import { reshape } from '../../engine/ops/reshape.js';
import { tensor } from '../../engine/tensor.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import { unitsName, type FixedBricks, type UnitKind } from './fixed-bricks.js';

/** What is learned of a fusion at one place. */
export type LearnedFusion = Pick<FusionValues, 'query' | 'value'>;

/** A row whose bottlenecks a fusion mixes that is learned: what a route by AdapterFusion computes in the runtime. */
export class FusedBricks implements RowAdapters {
  constructor(
    private readonly fixed: FixedBricks,
    private readonly values: ParameterValues,
    /** Undefined where no brick acts. */
    private readonly learned: (slot: BlockSlot, layer: number) => LearnedFusion | undefined,
  ) {}

  lowRank(): undefined {
    return undefined;
  }

  inputScale(): undefined {
    return undefined;
  }

  outputScale(): undefined {
    return undefined;
  }

  bias(): undefined {
    return undefined;
  }

  embedding(): undefined {
    return undefined;
  }

  prompt(): undefined {
    return undefined;
  }

  norm(): undefined {
    return undefined;
  }

  prefix(): undefined {
    return undefined;
  }

  bottlenecks(): [] {
    return [];
  }

  fusions(slot: BlockSlot, layer: number): FusionValues[] {
    const kinds = this.fixed.unitKinds().filter((kind) => kind.slot === slot);
    const learned = this.learned(slot, layer);
    const [first] = kinds;
    if (!first || !learned) return [];
    return [{ input: first.input, parts: kinds.map((kind) => this.units(kind, layer)), ...learned }];
  }

  private units(kind: UnitKind, layer: number): FusedUnits {
    const { activation } = kind;
    const { graph } = this.values;
    const count = this.fixed.bricks.length;
    const name = (field: string): string => `${unitsName(kind, layer)}.${field}`;
    const bias = { rows: this.values.get(name('bBias')), members: memberRows(graph, count, [...Array(count).keys()]) };
    if (!this.fixed.tensors.has(name('a'))) return { activation, bias };
    const a = this.values.get(name('a')); // [units, hidden]
    const members = memberRows(graph, count, [...this.fixed.unitOwners(kind)]);
    const aBias = reshape(this.values.get(name('aBias')), [a.shape[0]!]);
    return { activation, bias, units: { a, aBias, rows: this.values.get(name('b')), members } };
  }
}

/**
 * Refuses bricks that a fusion has no outputs of, or that do not act at the same blocks on the same.
 *
 * @throws IncompatibleAdapterError
 */
export function expectFusible(bricks: FixedBricks): void {
  const odd = bricks.bricks.findIndex(({ lowRank, vectors }) => Object.keys({ ...lowRank, ...vectors }).length > 0);
  if (odd >= 0) throw refused('bottlenecks, whose outputs attention mixes', `updates of layers in member ${odd + 1}`);
  const blocks = bricks.bricks.map(({ bottlenecks }) =>
    [...new Set(bottlenecks.map(({ slot, input }) => `${slot} (${input})`))].sort().join(' and '),
  );
  const [first = ''] = blocks;
  const slots = bricks.unitKinds().map(({ slot, input }) => `${slot} (${input})`);
  if (first === '') throw refused('bottlenecks', 'a member without any');
  const unlike = blocks.find((one) => one !== first);
  if (unlike !== undefined) throw refused(`members at the same blocks, ${first}`, unlike === '' ? 'none' : unlike);
  if (new Set(slots).size > new Set(bricks.unitKinds().map(({ slot }) => slot)).size)
    throw refused('bottlenecks of a block that read the same', first);
}

function refused(expected: string, got: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`fit: members: expected ${expected}, got ${got}`, { param: 'objective' });
}

/** E [members, rows]: 1 where a row is a member's. */
function memberRows(graph: Graph, members: number, owners: readonly number[]): Value {
  const data = new Float32Array(members * owners.length);
  for (const [row, owner] of owners.entries()) data[owner * owners.length + row] = 1;
  return graph.constant(tensor('float32', [members, owners.length], data));
}
