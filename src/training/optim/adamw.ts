import { z } from 'zod';
import { mul } from '../../engine/ops/mul.js';
import { sub } from '../../engine/ops/sub.js';
import { beta, epsilon, weightDecay } from './option-fields.js';
import { momentSlots, stepByMoments } from './moments.js';
import type { Optimizer, Updated } from './optimizer.js';

export const adamwOptions = z
  .object({
    name: z.literal('adamw'),
    betas: z.tuple([beta, beta]).default([0.9, 0.999]),
    epsilon: epsilon.default(1e-8),
    weightDecay: weightDecay.default(0.01),
    amsgrad: z.boolean().default(false),
  })
  .strict();

/**
 * AdamW: p ← p · (1 − rate · decay), then Adam's step. The decay does not pass through the moments.
 *
 * Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2, arXiv:1711.05101; as
 * `torch.optim.AdamW`.
 */
export function adamw(options: z.infer<typeof adamwOptions>): Optimizer {
  return {
    name: options.name,
    slots: momentSlots(options),
    weightDecay: options.weightDecay,
    update(inputs): Updated {
      const { p, rate, decay } = inputs;
      const shrunk = decay === 0 ? p : mul(p, sub(1, mul(rate, decay)));
      return stepByMoments({ ...inputs, p: shrunk }, options);
    },
  };
}
