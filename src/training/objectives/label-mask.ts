import type { Value } from '../../engine/graph.js';
import { nth } from '../../engine/op.js';
import { cast } from '../../engine/ops/cast.js';
import { dimValue } from '../../engine/ops/dim-value.js';
import { reduceSum, broadcastTo } from '../../engine/ops/reduce-sum.js';
import { where } from '../../engine/ops/where.js';

/** Far below every logit, and yet finite, so that 0 · MASKED is 0. */
const MASKED = -1e9;

/** Logits with those of labels that do not exist out of reach. */
export function maskLogits(logits: Value, isLabel: Value | undefined): Value {
  return isLabel ? where(isLabel, logits, MASKED) : logits;
}

/** x, and 0 at labels that do not exist. */
export function zeroUnlessLabel(x: Value, isLabel: Value | undefined): Value {
  return isLabel ? where(isLabel, x, 0) : x;
}

/** How many labels exist: [...rows] with a mask, [] without. */
export function countLabels(logits: Value, isLabel: Value | undefined): Value {
  if (!isLabel) return dimValue(logits.graph, nth(logits.shape, -1));
  return reduceSum(broadcastTo(cast(isLabel, 'float32'), logits.shape), { axes: [-1] });
}
