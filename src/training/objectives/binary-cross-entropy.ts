import { z } from 'zod';
import type { Value } from '../../engine/graph.js';
import { abs } from '../../engine/ops/abs.js';
import { add } from '../../engine/ops/add.js';
import { exp } from '../../engine/ops/exp.js';
import { log } from '../../engine/ops/log.js';
import { mul } from '../../engine/ops/mul.js';
import { neg } from '../../engine/ops/neg.js';
import { relu } from '../../engine/ops/relu.js';
import { sub } from '../../engine/ops/sub.js';
import { labelVector } from './label-vector.js';
import type { Objective } from './objective.js';
import { expectLike } from './require-input.js';
import { meanOverLabels } from './row-mean.js';

export const binaryCrossEntropyOptions = z
  .object({
    name: z.literal('binary_cross_entropy'),
    /** One factor a label for its positive examples, e.g. negatives / positives. */
    positiveWeights: z.array(z.number().min(0)).min(1).optional(),
  })
  .strict();

/**
 * Multi-label loss: for logit z and target y in [0, 1] −w·y·ln σ(z) − (1 − y)·ln(1 − σ(z)), averaged over the labels and
 * rows, with the weight w of positives. Written as (1 − y)·z + (1 + (w − 1)·y)·softplus(−z), which is finite for every
 * finite z. As `torch.nn.functional.binary_cross_entropy_with_logits`.
 */
export function binaryCrossEntropy(options: z.infer<typeof binaryCrossEntropyOptions>): Objective {
  return {
    name: options.name,
    rowLosses({ outputs, targets, isLabel }) {
      expectLike('binaryCrossEntropy', 'targets', targets, outputs);
      const { positiveWeights } = options;
      const extra = positiveWeights && sub(labelVector(outputs, 'positiveWeights', positiveWeights), 1);
      const soft = softplus(neg(outputs)); // −ln σ(z)
      const weighted = extra ? mul(soft, add(mul(targets, extra), 1)) : soft;
      return meanOverLabels(add(mul(sub(1, targets), outputs), weighted), isLabel);
    },
  };
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|) */
function softplus(x: Value): Value {
  return add(relu(x), log(add(exp(neg(abs(x))), 1)));
}
