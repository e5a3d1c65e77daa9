import { z } from 'zod';
import type { Value } from '../../engine/graph.js';
import { expectDType, nth, shapeFault } from '../../engine/op.js';
import { div } from '../../engine/ops/div.js';
import { equal } from '../../engine/ops/equal.js';
import { gatherElements } from '../../engine/ops/gather-elements.js';
import { iota } from '../../engine/ops/iota.js';
import { logSoftmax } from '../../engine/ops/log-softmax.js';
import { matmul } from '../../engine/ops/matmul.js';
import { maximum } from '../../engine/ops/maximum.js';
import { mul } from '../../engine/ops/mul.js';
import { neg } from '../../engine/ops/neg.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { squeeze, unsqueeze } from '../../engine/ops/reshape.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { shapeToString } from '../../engine/shape.js';
import { maskLogits } from './label-mask.js';
import type { Objective } from './objective.js';
import { expectLike } from './require-input.js';
import { everyRow } from './row-mean.js';

export const multipleNegativesOptions = z
  .object({ name: z.literal('multiple_negatives'), scale: z.number().positive().default(20) })
  .strict();

/**
 * −ln softmax_j(scale · cos(xᵢ, yⱼ)) at j = i, averaged over the rows: each row's own target against those of all other
 * rows of the batch, or of its `group`.
 *
 * Henderson et al. 2017, "Efficient Natural Language Response Suggestion for Smart Reply", §4.4, arXiv:1705.00652; with
 * the cosine and scale of sentence-transformers' MultipleNegativesRankingLoss.
 *
 * Cost: rows² · hidden multiply-adds.
 */
export function multipleNegatives({ name, scale }: z.infer<typeof multipleNegativesOptions>): Objective {
  return {
    name,
    rowLosses({ outputs, targets, group }) {
      expectLike('multipleNegatives', 'targets', targets, outputs);
      if (outputs.shape.length !== 2) {
        throw shapeFault('multipleNegatives', 'outputs', '[rows, hidden]', shapeToString(outputs.shape));
      }
      const scores = mul(matmul(unit(outputs), unit(targets), { transposeB: true }), scale); // [rows, rows]
      const logs = logSoftmax(maskLogits(scores, group && sameGroup(group)));
      const own = unsqueeze(iota(outputs.graph, nth(outputs.shape, 0)), [1]);
      return everyRow(squeeze(neg(gatherElements(logs, own, 1)), [1]));
    },
  };
}

/** x / max(‖x‖, 1e-12) */
function unit(x: Value): Value {
  return div(x, maximum(sqrt(reduceSum(square(x), { axes: [-1], keepDims: true })), 1e-12));
}

function sameGroup(group: Value): Value {
  expectDType('multipleNegatives', 'group', group, 'int32');
  return equal(unsqueeze(group, [1]), unsqueeze(group, [0]));
}
