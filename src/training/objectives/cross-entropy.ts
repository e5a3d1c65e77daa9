import { z } from 'zod';
import type { Value } from '../../engine/graph.js';
import { expectDType, shapeFault } from '../../engine/op.js';
import { add } from '../../engine/ops/add.js';
import { cast } from '../../engine/ops/cast.js';
import { div } from '../../engine/ops/div.js';
import { equal } from '../../engine/ops/equal.js';
import { gather } from '../../engine/ops/gather.js';
import { gatherElements } from '../../engine/ops/gather-elements.js';
import { logSoftmax } from '../../engine/ops/log-softmax.js';
import { mul } from '../../engine/ops/mul.js';
import { neg } from '../../engine/ops/neg.js';
import { not } from '../../engine/ops/not.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { squeeze, unsqueeze } from '../../engine/ops/reshape.js';
import { where } from '../../engine/ops/where.js';
import { sameShape, shapeToString } from '../../engine/shape.js';
import { countLabels, maskLogits, zeroUnlessLabel } from './label-mask.js';
import { labelVector } from './label-vector.js';
import { adjusted } from './logit-adjustment.js';
import type { Objective, ObjectiveInputs, RowLosses } from './objective.js';

/** Rows with this label do not count. */
export const IGNORED_LABEL = -100;

export const crossEntropyOptions = z
  .object({
    name: z.literal('cross_entropy'),
    /** One weight a label, e.g. of `classWeights`. */
    classWeights: z.array(z.number().min(0)).min(1).optional(),
    labelSmoothing: z.number().min(0).max(1).default(0),
    /** τ of the logit adjustment; 0 for none. */
    logitAdjustment: z.number().min(0).default(0),
    /** Share of each label in the training set; a run counts them itself. */
    labelShares: z.array(z.number().min(0)).min(1).optional(),
  })
  .strict();

export type CrossEntropyOptions = z.infer<typeof crossEntropyOptions>;

/**
 * Cross entropy with class weights w and label smoothing ε over K labels, with ln p = ln softmax(logits):
 * (1 − ε) · w_y · (−ln p_y) + (ε / K) · Σ_k w_k · (−ln p_k), averaged by Σ w_y. Rows labelled −100 do not count.
 *
 * As `torch.nn.functional.cross_entropy`. Smoothing: Szegedy et al. 2016, §7, arXiv:1512.00567. With `isLabel` K is the
 * number of labels that exist.
 */
export function crossEntropy(options: CrossEntropyOptions): Objective {
  return {
    name: options.name,
    rowLosses(inputs) {
      const { outputs, targets, isLabel } = inputs;
      expectTargets(inputs);
      const counts = not(equal(targets, IGNORED_LABEL));
      const label = where(counts, targets, 0); // [...rows], always in range
      const logits = adjusted(outputs, options);
      const losses = neg(logSoftmax(maskLogits(logits, isLabel))); // −ln p [...rows, labels]
      const byLabel = options.classWeights && labelVector(outputs, 'classWeights', options.classWeights);
      const weight = byLabel ? gather(byLabel, label) : cast(counts, 'float32');
      const picked = mul(pick(losses, label), weight);
      const { labelSmoothing: smoothing } = options;
      const smoothed = smoothing === 0 ? picked : add(mul(picked, 1 - smoothing), mul(spread(), smoothing));
      return onlyCounted(counts, { losses: smoothed, weights: weight });

      /** Mean of −w_k · ln p_k over the labels that exist. */
      function spread(): Value {
        const each = zeroUnlessLabel(byLabel ? mul(losses, byLabel) : losses, isLabel);
        return div(reduceSum(each, { axes: [-1] }), countLabels(outputs, isLabel));
      }
    },
  };
}

function onlyCounted(counts: Value, { losses, weights }: RowLosses): RowLosses {
  return { losses: where(counts, losses, 0), weights: where(counts, weights, 0) };
}

function pick(x: Value, label: Value): Value {
  return squeeze(gatherElements(x, unsqueeze(label, [-1]), -1), [-1]);
}

function expectTargets({ outputs, targets }: ObjectiveInputs): void {
  expectDType('crossEntropy', 'targets', targets, 'int32');
  const rows = outputs.shape.slice(0, -1);
  if (sameShape(targets.shape, rows)) return;
  throw shapeFault('crossEntropy', 'targets', shapeToString(rows), shapeToString(targets.shape));
}
