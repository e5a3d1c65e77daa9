import type { Value } from '../../engine/graph.js';
import { div } from '../../engine/ops/div.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';

/** What an objective reads; which of them it needs is said at each. */
export interface ObjectiveInputs {
  /** Logits [...rows, labels], predictions [...rows, outputs], or embeddings [rows, hidden]. float32. */
  readonly outputs: Value;
  /** Labels [...rows] int32 with −100 for rows without one, or float32 targets of the shape of `outputs`. */
  readonly targets: Value;
  /** The teacher's logits, of the shape of `outputs`; for distillation. */
  readonly teacher?: Value;
  /** float32 [rows]: how like the two embeddings of a pair are to be. */
  readonly likeness?: Value;
  /** bool, broadcast against `outputs`: labels that exist, where label sets of unequal size share a batch. */
  readonly isLabel?: Value;
  /** int32 [rows]: rows of one group are each other's negatives, those of others are not seen; for contrastive losses. */
  readonly group?: Value;
}

/**
 * Losses of the rows before they are averaged: the mean is Σ losses / Σ weights, so that parts of a batch (accumulated
 * steps, several runs) can be summed apart and divided once.
 */
export interface RowLosses {
  /** [...rows] float32; 0 for rows that do not count. */
  readonly losses: Value;
  /** [...rows] float32: what a row adds to the divisor. */
  readonly weights: Value;
}

export interface Objective {
  readonly name: string;
  rowLosses(inputs: ObjectiveInputs): RowLosses;
}

/**
 * Σ rowWeight · loss / Σ rowWeight · weight. Without any row that counts it is 0/0 = NaN, as in PyTorch.
 *
 * @param rowWeights  [...rows] or broadcast; default 1
 * @returns           []
 */
export function meanLoss({ losses, weights }: RowLosses, rowWeights?: Value): Value {
  if (!rowWeights) return div(reduceSum(losses), reduceSum(weights));
  return div(reduceSum(mul(losses, rowWeights)), reduceSum(mul(weights, rowWeights)));
}
