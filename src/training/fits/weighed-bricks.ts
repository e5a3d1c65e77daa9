import type { GatePlace } from '../../adapters/brick.js';
import type { BottleneckValues, LowRankValues, RowAdapters } from '../../adapters/rows/row-adapters.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { gather } from '../../engine/ops/gather.js';
import { matmul } from '../../engine/ops/matmul.js';
import { reshape } from '../../engine/ops/reshape.js';
import { tensor } from '../../engine/tensor.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import type { Site } from '../../models/sites.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import { unitsName, type FixedBricks, type UnitKind } from './fixed-bricks.js';

/**
 * How much of each brick acts at a place: [batch or 1, seq or 1, bricks].
 *
 * @param x  what enters the place, [batch, seq, in]; LN(h + i) at the end of a block
 */
export type Gains = (place: GatePlace, layer: number, x: () => Value) => Value;

/**
 * A row with fixed bricks in a graph that learns how much of each acts: at each place y = o ⊙ (W·x) + b + Σᵢ gᵢ · uᵢ(x), uᵢ
 * what brick i adds, and o = 1 + Σᵢ gᵢ · (oᵢ − 1). What a route of the runtime computes with shares gᵢ.
 */
export class WeighedBricks implements RowAdapters {
  private readonly made = new Map<string, Value>();

  constructor(
    private readonly fixed: FixedBricks,
    private readonly values: ParameterValues,
    private readonly gains: Gains,
  ) {}

  lowRank({ role, layer }: Site, x: Value): LowRankValues | undefined {
    const stem = `low_rank.${role}.${layer}`;
    const [a, b] = [this.find(`${stem}.a`), this.find(`${stem}.b`)];
    if (!a || !b) return undefined;
    return {
      a,
      b,
      gates: this.spread(
        this.gainsAt(role, layer, () => x),
        this.fixed.rankOwners(role),
      ),
    };
  }

  inputScale(): undefined {
    return undefined;
  }

  outputScale({ role, layer }: Site, x: Value): Value | undefined {
    const change = this.weighed(`outputScale.${role}.${layer}.value`, role, layer, () => x);
    return change && add(change, 1);
  }

  bias({ role, layer }: Site, own: Value | undefined, x: Value): Value | undefined {
    const change = this.weighed(`bias.${role}.${layer}.value`, role, layer, () => x);
    return change && own ? add(change, own) : change;
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

  bottlenecks(slot: BlockSlot, layer: number, normed: () => Value): BottleneckValues[] {
    return this.fixed
      .unitKinds()
      .filter((kind) => kind.slot === slot)
      .map((kind) => this.bottleneck(kind, layer, normed));
  }

  private bottleneck(kind: UnitKind, layer: number, normed: () => Value): BottleneckValues {
    const place = `${kind.slot}_block` as const;
    const stem = unitsName(kind, layer);
    const [a, aBias, b] = (['a', 'aBias', 'b'] as const).map((field) => this.find(`${stem}.${field}`));
    const { input, activation } = kind;
    const bias = this.weighed(`${stem}.bBias`, place, layer, normed)!;
    if (!a || !aBias || !b) return { input, activation, bias };
    const gates = this.spread(this.gainsAt(place, layer, normed), this.fixed.unitOwners(kind));
    return { input, activation, bias, units: { a, aBias: reshape(aBias, [a.shape[0]!]), b, gates } };
  }

  /** Σᵢ gᵢ · vᵢ of vectors [bricks, width] → [batch or 1, seq or 1, width]. */
  private weighed(name: string, place: GatePlace, layer: number, x: () => Value): Value | undefined {
    const vectors = this.find(name);
    return vectors && matmul(this.gainsAt(place, layer, x), vectors);
  }

  /** Each brick's gain at each of its ranks. */
  private spread(gains: Value, owners: Int32Array): Value {
    if (this.fixed.bricks.length === 1) return gains;
    return gather(gains, gains.graph.constant(tensor('int32', [owners.length], owners)), -1);
  }

  private gainsAt(place: GatePlace, layer: number, x: () => Value): Value {
    const key = `${place}.${layer}`;
    const known = this.made.get(key) ?? this.gains(place, layer, x);
    this.made.set(key, known);
    return known;
  }

  private find(name: string): Value | undefined {
    return this.fixed.tensors.has(name) ? this.values.get(name) : undefined;
  }
}
