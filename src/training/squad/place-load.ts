import type { Value } from '../../engine/graph.js';

/** What the tokens of one batch did at one routed place. */
export interface PlaceLoad {
  /** Sums of the router's probabilities of all experts, chosen or not, [tasks, experts]. */
  readonly probabilities: Value;
  /** How often each expert was among those kept, [tasks, experts]. */
  readonly choices: Value;
  /** Tokens of all tasks that came by, []. */
  readonly tokens: Value;
}
