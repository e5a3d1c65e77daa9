import { z } from 'zod';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { mul } from '../../engine/ops/mul.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import { epsilon, weightDecay } from './option-fields.js';
import type { Optimizer, Updated } from './optimizer.js';
import { withPenalty } from './penalty.js';
import { requireSlot } from './require-slot.js';

export const adagradOptions = z
  .object({
    name: z.literal('adagrad'),
    /** The rate of step t is divided by 1 + (t − 1) · rateDecay. */
    rateDecay: z.number().min(0).default(0),
    epsilon: epsilon.default(1e-10),
    weightDecay: weightDecay.default(0),
  })
  .strict();

/**
 * p ← p − rate · g / (√s + ε) with s ← s + g², the sum over all steps. The decay is an L2 penalty. As
 * `torch.optim.Adagrad` with an accumulator that starts at 0.
 *
 * Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods", JMLR 12, §1.1 (diagonal case).
 */
export function adagrad(options: z.infer<typeof adagradOptions>): Optimizer {
  return {
    name: options.name,
    slots: ['sum'],
    weightDecay: options.weightDecay,
    update(inputs): Updated {
      const { p, slots, step } = inputs;
      const g = withPenalty(inputs);
      const sum = add(requireSlot(slots, 'sum'), square(g));
      const slowed = add(mul(sub(step, 1), options.rateDecay), 1);
      const rate = options.rateDecay === 0 ? inputs.rate : div(inputs.rate, slowed);
      return { p: sub(p, mul(div(g, add(sqrt(sum), options.epsilon)), rate)), slots: { sum } };
    },
  };
}
