import { dim, mulDims, type Dim } from '../../../engine/dim.js';
import type { Value } from '../../../engine/graph.js';
import { add } from '../../../engine/ops/add.js';
import { cast } from '../../../engine/ops/cast.js';
import { gather } from '../../../engine/ops/gather.js';
import { greater } from '../../../engine/ops/greater.js';
import { matmul } from '../../../engine/ops/matmul.js';
import { mul } from '../../../engine/ops/mul.js';
import { reduceSum } from '../../../engine/ops/reduce-sum.js';
import { reshape, unsqueeze } from '../../../engine/ops/reshape.js';
import { slice } from '../../../engine/ops/slice.js';
import { sub } from '../../../engine/ops/sub.js';
import { tensor } from '../../../engine/tensor.js';
import type { GatePlace } from '../../brick.js';
import type { ChannelInputs } from '../channel-inputs.js';
import { routeShares, type RouteSettings } from './route-shares.js';
import type { RoutesUse } from './routes-use.js';

/** Sums over the places and tokens of each route. */
export interface RouteTotals {
  readonly shares: Value; // [batch, routes, members]
  /** Tokens that went to no member, places counted each. */
  readonly abstained: Value; // [batch, routes]
}

/** The routes of a batch inside its graph: shares at each place that has routed pages, computed once a place. */
export class PooledRoutes {
  private sums: RouteTotals | undefined;

  constructor(
    private readonly inputs: ChannelInputs,
    private readonly use: RoutesUse,
    private readonly layers: number,
  ) {}

  /** Undefined when nothing was routed. */
  totals(): RouteTotals | undefined {
    return this.sums;
  }

  /**
   * @param x  what enters the place, [batch, seq, in]
   * @returns  the share of each member, [batch, seq, routes · members]; 0 at positions that a route does not share out
   */
  sharesAt(place: GatePlace, layer: number, x: () => Value): Value {
    return this.inputs.once(`gate.${place}.shares.${layer}`, () => this.compute(place, layer, x()));
  }

  /**
   * The shares of the members that a route fuses, counted.
   *
   * @param shares  [batch, seq, members]
   * @returns       the same; 0 at positions that the route does not share out
   */
  fused(route: number, shares: Value): Value {
    const { routes } = this.use;
    const asked = this.asked(); // [batch, seq, routes, 1]
    const own = this.inputs.once(`routes.asked.${route}`, () =>
      reshape(slice(asked, { starts: [route], ends: [route + 1], axes: [2] }), [this.inputs.batch, this.inputs.seq, 1]),
    );
    const given = mul(shares, own);
    const isOwn = tensor(
      'float32',
      [1, routes, 1],
      Float32Array.from({ length: routes }, (_, at) => Number(at === route)),
    );
    const counted = mul(reduceSum(given, { axes: [1], keepDims: true }), this.inputs.graph.constant(isOwn)); // [batch, routes, members]
    this.add({ shares: counted, abstained: mul(reduceSum(asked, { axes: [1, 3] }), 0) });
    return given;
  }

  private compute(place: GatePlace, layer: number, x: Value): Value {
    const { routes, laws } = this.use;
    const members = dim('members');
    const all = mulDims(routes, members);
    const [batch, seq, width] = x.shape as [Dim, Dim, Dim];
    const gates = gather(this.inputs.pool(`gate.${place}`, 'value'), this.gateRows(place, layer), 0);
    const vectors = reshape(gates, [batch, all, width]); // from [batch, routes, members, in]
    const products = reshape(matmul(x, vectors, { transposeB: true }), [batch, seq, routes, members]);
    const isPresent = this.inputs.once(`gate.${place}.is_present`, () => unsqueeze(greater(this.ids(place), 0), [1])); // [batch, 1, routes, members]
    const { shares, cleared } = routeShares(laws, this.settings(), { x, products, isPresent });
    const asked = this.asked();
    const given = mul(shares, asked);
    this.count(place, given, mul(asked, sub(1, cleared)));
    return reshape(given, [batch, seq, all]);
  }

  /** Rows of the pool [pages · layers, in] that hold the members' gate vectors, int32 [batch, routes, members]. */
  private gateRows(place: GatePlace, layer: number): Value {
    const first = this.inputs.once(`gate.${place}.rows`, () => mul(this.ids(place), this.layers));
    return layer === 0 ? first : add(first, layer);
  }

  /** int32 [batch, routes, members] */
  private ids(place: GatePlace): Value {
    return this.input(`gate.${place}.ids`, 'int32', [this.inputs.batch, this.use.routes, dim('members')]);
  }

  /** 1 at the positions that a route shares out, [batch, seq, routes, 1]. */
  private asked(): Value {
    const shape = [this.inputs.batch, this.inputs.seq, this.use.routes];
    return this.inputs.once('routes.asked', () => unsqueeze(this.input('routes.tokens', 'float32', shape), [3]));
  }

  private settings(): RouteSettings {
    const all = this.input('routes.settings', 'float32', [this.inputs.batch, this.use.routes, 4]);
    const column = (at: number): Value =>
      this.inputs.once(`routes.settings.${at}`, () =>
        unsqueeze(slice(all, { starts: [at], ends: [at + 1], axes: [2] }), [1]),
      ); // [batch, 1, routes, 1]
    return { law: column(0), inverseTemperature: column(1), topK: column(2), floor: column(3) };
  }

  private count(place: GatePlace, given: Value, unserved: Value): void {
    const hasMembers = this.inputs.once(`gate.${place}.has_members`, () =>
      cast(greater(reduceSum(this.ids(place), { axes: [2] }), 0), 'float32'),
    ); // [batch, routes]
    const shares = reduceSum(given, { axes: [1] });
    const abstained = mul(reduceSum(unserved, { axes: [1, 3] }), hasMembers);
    this.add({ shares, abstained });
  }

  private add({ shares, abstained }: RouteTotals): void {
    const { sums } = this;
    this.sums = {
      shares: sums ? add(sums.shares, shares) : shares,
      abstained: sums ? add(sums.abstained, abstained) : abstained,
    };
  }

  private input(name: string, dtype: 'float32' | 'int32', shape: readonly Dim[]): Value {
    return this.inputs.once(name, () => this.inputs.graph.input(name, dtype, shape));
  }
}
