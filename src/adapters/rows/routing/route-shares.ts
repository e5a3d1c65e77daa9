import type { Dim } from '../../../engine/dim.js';
import type { Value } from '../../../engine/graph.js';
import { and } from '../../../engine/ops/and.js';
import { cast } from '../../../engine/ops/cast.js';
import { div } from '../../../engine/ops/div.js';
import { equal } from '../../../engine/ops/equal.js';
import { exp } from '../../../engine/ops/exp.js';
import { greater } from '../../../engine/ops/greater.js';
import { greaterEqual } from '../../../engine/ops/greater-equal.js';
import { iota } from '../../../engine/ops/iota.js';
import { less } from '../../../engine/ops/less.js';
import { maximum } from '../../../engine/ops/maximum.js';
import { mul } from '../../../engine/ops/mul.js';
import { or } from '../../../engine/ops/or.js';
import { reduceMax } from '../../../engine/ops/reduce-max.js';
import { reduceSum } from '../../../engine/ops/reduce-sum.js';
import { unsqueeze } from '../../../engine/ops/reshape.js';
import { sub } from '../../../engine/ops/sub.js';
import { where } from '../../../engine/ops/where.js';
import { tokenLaw, type TokenLaw } from './laws.js';
import { lawNumber } from './route-settings.js';
import { NOT_THERE, type Scored } from './token-law.js';

/** Settings of the routes of each row, all [batch, 1, routes, 1]. */
export interface RouteSettings {
  /** See `lawNumber`. */
  readonly law: Value;
  readonly inverseTemperature: Value;
  readonly topK: Value;
  readonly floor: Value;
}

export interface RouteShares {
  /** [batch, seq, routes, members] */
  readonly shares: Value;
  /** What the law scores members by, also those that are not kept; far below all others where one is not there. */
  readonly scores: Value;
  /** 1 where the best score clears the floor, else 0; [batch, seq, routes, 1]. */
  readonly cleared: Value;
}

const LAST = { axes: [-1], keepDims: true };

/**
 * How the members of each route share a token: the `topK` best scores are kept, of equal ones the first, and weighed as the
 * law says. All shares are 0 where the best score is under the floor, and where no member is there.
 *
 * Cost: members² comparisons a token and route, beside the products.
 *
 * @param laws  all that routes of the batch follow
 */
export function routeShares(
  laws: readonly TokenLaw[],
  settings: RouteSettings,
  scored: Omit<Scored, 'inverseTemperature'>,
): RouteShares {
  const { inverseTemperature, topK, floor } = settings;
  const { isPresent } = scored;
  const choose = (values: readonly Value[]): Value => ofLaw(laws, settings.law, values);
  const own = choose(laws.map((law) => tokenLaw(law).score({ ...scored, inverseTemperature })));
  const scores = where(isPresent, own, NOT_THERE);
  const best = reduceMax(scores, LAST); // [batch, seq, routes, 1]
  const kept = cast(and(less(rank(scores), topK), isPresent), 'float32');
  const odds = mul(exp(mul(sub(scores, best), inverseTemperature)), kept);
  const softmax = div(odds, maximum(reduceSum(odds, LAST), 1)); // the best is kept and has odds 1
  const shares = choose(laws.map((law) => (tokenLaw(law).shares === 'scores' ? mul(scores, kept) : softmax)));
  const cleared = cast(greaterEqual(best, floor), 'float32');
  return { shares: mul(shares, cleared), scores, cleared };
}

/** For each route the value of its law. */
function ofLaw(laws: readonly TokenLaw[], number: Value, values: readonly Value[]): Value {
  return values.reduce((rest, value, index) =>
    value === rest ? rest : where(equal(number, lawNumber(laws[index] as TokenLaw)), value, rest),
  );
}

/** How many members come before each one: [batch, seq, routes, members] → the same. */
function rank(scores: Value): Value {
  const members = scores.shape.at(-1) as Dim;
  const places = iota(scores.graph, members);
  const isEarlier = less(places, unsqueeze(places, [1])); // [members, other members]
  const [one, other] = [unsqueeze(scores, [4]), unsqueeze(scores, [3])];
  const isBefore = or(greater(other, one), and(greaterEqual(other, one), isEarlier));
  return reduceSum(cast(isBefore, 'float32'), { axes: [-1] });
}
