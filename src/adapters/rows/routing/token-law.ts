import type { Value } from '../../../engine/graph.js';

/** The score of a member that is not there; below every other. */
export const NOT_THERE = -1e30;

/** What a law scores members by, at one place for every token. */
export interface Scored {
  /** What enters the place, [batch, seq, in]. */
  readonly x: Value;
  /** x·v for each member's gate vector v, [batch, seq, routes, members]. */
  readonly products: Value;
  /** bool [batch, 1, routes, members] */
  readonly isPresent: Value;
  /** [batch, 1, routes, 1] */
  readonly inverseTemperature: Value;
}

/** How a route weighs its members at each token and place, from their gate vectors and what enters the place. */
export interface TokenLawRule {
  /** [batch, seq, routes, members], finite also for members that are not there. */
  score(scored: Scored): Value;
  /** Shares of those kept: the softmax of their scores at the temperature, or the scores as they are. */
  readonly shares: 'softmax' | 'scores';
}
