import type { Value } from '../../engine/graph.js';
import { broadcastTo, reduceSum } from '../../engine/ops/reduce-sum.js';
import { div } from '../../engine/ops/div.js';
import { countLabels, zeroUnlessLabel } from './label-mask.js';
import type { RowLosses } from './objective.js';

/** Element losses [...rows, labels] as one loss a row, their mean over the labels that exist; every row weighs 1. */
export function meanOverLabels(losses: Value, isLabel?: Value): RowLosses {
  const sum = reduceSum(zeroUnlessLabel(losses, isLabel), { axes: [-1] });
  return everyRow(div(sum, countLabels(losses, isLabel)));
}

/** Row losses that all count alike. */
export function everyRow(losses: Value): RowLosses {
  return { losses, weights: broadcastTo(losses.graph.scalar(1), losses.shape) };
}
