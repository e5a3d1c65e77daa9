import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { mul } from '../../engine/ops/mul.js';
import { loadBalanceLoss } from './load-balance.js';
import { mutualInformationLoss } from './mutual-information.js';
import type { PlaceLoad } from './place-load.js';

export const BALANCES = ['mutual_information', 'load', 'none'] as const;

/** What besides the tasks' losses shapes the routers, and how much it counts. */
export interface Balance {
  readonly law: (typeof BALANCES)[number];
  readonly weight: number;
}

/** weight · Σ over routed places of the law's loss; nothing where there is none to add. */
export function balanceLoss({ law, weight }: Balance, loads: readonly PlaceLoad[]): Value | undefined {
  if (law === 'none' || weight === 0 || loads.length === 0) return undefined;
  const lossOf = law === 'load' ? loadBalanceLoss : mutualInformationLoss;
  return mul(loads.map(lossOf).reduce(add), weight);
}
