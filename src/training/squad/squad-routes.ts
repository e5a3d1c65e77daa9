import type { Dim } from '../../engine/dim.js';
import { mulDims } from '../../engine/dim.js';
import type { Graph, Value } from '../../engine/graph.js';
import { cast } from '../../engine/ops/cast.js';
import { equal } from '../../engine/ops/equal.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import { iota } from '../../engine/ops/iota.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { broadcastTo, reduceSum } from '../../engine/ops/reduce-sum.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import { slice } from '../../engine/ops/slice.js';
import { tensor } from '../../engine/tensor.js';
import { ALL_MEMBERS_CLEAR, lawNumber } from '../../adapters/rows/routing/route-settings.js';
import { routeShares, type RouteSettings } from '../../adapters/rows/routing/route-shares.js';
import type { LowRankValues } from '../../adapters/rows/row-adapters.js';
import type { Site } from '../../models/sites.js';
import type { PlaceLoad } from './place-load.js';
import type { SquadPlace, SquadShape } from './squad-shape.js';

/** Experts and routers of one site as values of a graph. */
export interface RoutedValues {
  readonly place: SquadPlace;
  /** All experts' ranks one below the other. */
  readonly a: Value; // [experts · rank, in]
  /** With the scale. */
  readonly b: Value; // [experts · rank, out]
  readonly router: Value; // [tasks, experts, in]
}

/** What routes read of the batch. */
export interface RoutedRows {
  /** int32 [batch] */
  task(): Value;
  /** int32 [batch, seq] */
  mask(): Value;
}

/**
 * The routes of a squad in a training graph: the shares of each place by the law that serving computes them by, one route a
 * row, its gates the router of the row's task. All experts are computed for every token, which two products do at once; the
 * shares of those not kept are 0.
 */
export class SquadRoutes {
  private readonly met = new Map<string, PlaceLoad>();
  private own: Value | undefined;
  private counted: Value | undefined;

  constructor(
    private readonly graph: Graph,
    private readonly shape: SquadShape,
    private readonly rows: RoutedRows,
  ) {}

  /** What tokens did at each place that the graph came by, by the place's name. */
  get loads(): ReadonlyMap<string, PlaceLoad> {
    return this.met;
  }

  /**
   * The experts of a site, each rank gated by its expert's share.
   *
   * @param x  what enters the site, [batch, seq or 1, in]
   */
  lowRank(site: Site, x: Value, { place, a, b, router }: RoutedValues): LowRankValues {
    const { experts } = this.shape;
    const [batch, seq] = x.shape as [Dim, Dim, Dim];
    const gates = gather(router, this.rows.task(), 0); // [batch, experts, in]
    const products = unsqueeze(matmul(x, gates, { transposeB: true }), [2]); // [batch, seq, 1, experts]
    const { shares, scores } = routeShares(['mod_squad'], this.settings(), { x, products, isPresent: this.present() });
    this.met.set(place.name, this.load(reshape(scores, [batch, seq, experts]), reshape(shares, [batch, seq, experts])));
    const rank = Number(a.shape[0]) / experts;
    const spread = broadcastTo(reshape(shares, [batch, seq, experts, 1]), [batch, seq, experts, rank]);
    return { a, b, gates: reshape(spread, [batch, seq, mulDims(experts, rank)]) };
  }

  private load(scores: Value, shares: Value): PlaceLoad {
    const counts = this.countsOf(scores.shape[1] as Dim); // [batch, seq, 1]
    const ofTasks = (value: Value): Value => matmul(this.isOwn(), reduceSum(mul(value, counts), { axes: [1] }));
    return {
      probabilities: ofTasks(scores),
      choices: ofTasks(cast(greater(shares, 0), 'float32')),
      tokens: reduceSum(counts),
    };
  }

  /** 1 at tokens, 0 at padding. */
  private countsOf(seq: Dim): Value {
    this.counted ??= unsqueeze(cast(this.rows.mask(), 'float32'), [2]);
    return seq === 1 ? slice(this.counted, { starts: [0], ends: [1], axes: [1] }) : this.counted;
  }

  /** 1 where a row is of a task, [tasks, batch]. */
  private isOwn(): Value {
    const { graph, shape, rows } = this;
    const tasks = unsqueeze(iota(graph, shape.tasks.length), [1]);
    this.own ??= cast(equal(tasks, unsqueeze(rows.task(), [0])), 'float32');
    return this.own;
  }

  private settings(): RouteSettings {
    const { topK, temperature } = this.shape;
    const all = (value: number): Value => this.graph.scalar(value);
    return {
      law: all(lawNumber('mod_squad')),
      inverseTemperature: all(1 / temperature),
      topK: all(topK),
      floor: all(ALL_MEMBERS_CLEAR),
    };
  }

  private present(): Value {
    const { experts } = this.shape;
    return this.graph.constant(tensor('bool', [1, 1, 1, experts], new Uint8Array(experts).fill(1)));
  }
}
