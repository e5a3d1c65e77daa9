import { z } from 'zod';
import { beta, epsilon, weightDecay } from './option-fields.js';
import { momentSlots, stepByMoments } from './moments.js';
import { withPenalty } from './penalty.js';
import type { Optimizer } from './optimizer.js';

export const adamOptions = z
  .object({
    name: z.literal('adam'),
    betas: z.tuple([beta, beta]).default([0.9, 0.999]),
    epsilon: epsilon.default(1e-8),
    weightDecay: weightDecay.default(0),
    amsgrad: z.boolean().default(false),
  })
  .strict();

/**
 * Adam with an L2 penalty: decay · p is added to the gradient and so passes through the moments, unlike `adamw`.
 * As `torch.optim.Adam`.
 */
export function adam(options: z.infer<typeof adamOptions>): Optimizer {
  return {
    name: options.name,
    slots: momentSlots(options),
    weightDecay: options.weightDecay,
    update: (inputs) => stepByMoments({ ...inputs, g: withPenalty(inputs) }, options),
  };
}
