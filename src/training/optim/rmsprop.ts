import { z } from 'zod';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { mul } from '../../engine/ops/mul.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import { beta, epsilon, weightDecay } from './option-fields.js';
import type { Optimizer, Updated } from './optimizer.js';
import { withPenalty } from './penalty.js';
import { requireSlot } from './require-slot.js';

export const rmspropOptions = z
  .object({
    name: z.literal('rmsprop'),
    alpha: beta.default(0.99),
    epsilon: epsilon.default(1e-8),
    momentum: z.number().min(0).default(0),
    weightDecay: weightDecay.default(0),
  })
  .strict();

/**
 * p ← p − rate · d with v ← α·v + (1 − α)·g² and d = g / (√v + ε); with momentum the velocity b ← momentum · b + d takes
 * the place of d. The decay is an L2 penalty. As `torch.optim.RMSprop`, not centred.
 *
 * Tieleman and Hinton 2012, "Neural Networks for Machine Learning", lecture 6.5.
 */
export function rmsprop(options: z.infer<typeof rmspropOptions>): Optimizer {
  const { alpha, momentum } = options;
  return {
    name: options.name,
    slots: momentum === 0 ? ['square'] : ['square', 'velocity'],
    weightDecay: options.weightDecay,
    update(inputs): Updated {
      const { p, rate, slots } = inputs;
      const g = withPenalty(inputs);
      const second = add(mul(requireSlot(slots, 'square'), alpha), mul(square(g), 1 - alpha));
      const direction = div(g, add(sqrt(second), options.epsilon));
      if (momentum === 0) return { p: sub(p, mul(direction, rate)), slots: { square: second } };
      const velocity = add(mul(requireSlot(slots, 'velocity'), momentum), direction);
      return { p: sub(p, mul(velocity, rate)), slots: { square: second, velocity } };
    },
  };
}
