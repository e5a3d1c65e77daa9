import { z } from 'zod';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { equal } from '../../engine/ops/equal.js';
import { mul } from '../../engine/ops/mul.js';
import { sub } from '../../engine/ops/sub.js';
import { where } from '../../engine/ops/where.js';
import { weightDecay } from './option-fields.js';
import type { Optimizer, Updated, UpdateInputs } from './optimizer.js';
import { withPenalty } from './penalty.js';
import { requireSlot } from './require-slot.js';

export const sgdOptions = z
  .object({
    name: z.literal('sgd'),
    momentum: z.number().min(0).default(0),
    dampening: z.number().min(0).default(0),
    nesterov: z.boolean().default(false),
    weightDecay: weightDecay.default(0),
  })
  .strict()
  .refine(({ nesterov, momentum, dampening }) => !nesterov || (momentum > 0 && dampening === 0), {
    message: 'nesterov: expected a momentum above 0 and no dampening',
    path: ['nesterov'],
  });

type SgdOptions = z.infer<typeof sgdOptions>;

/**
 * p ← p − rate · d, with g ← g + decay · p, the velocity b ← momentum · b + (1 − dampening) · g, and d = b, or with
 * Nesterov's look-ahead d = g + momentum · b. The first velocity is g itself, not dampened: as `torch.optim.SGD`.
 *
 * Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", §2.
 */
export function sgd(options: SgdOptions): Optimizer {
  const { momentum, nesterov } = options;
  return {
    name: options.name,
    slots: momentum === 0 ? [] : ['velocity'],
    weightDecay: options.weightDecay,
    update(inputs): Updated {
      const { p, rate } = inputs;
      const g = withPenalty(inputs);
      if (momentum === 0) return { p: sub(p, mul(g, rate)), slots: {} };
      const velocity = nextVelocity(g, inputs, options);
      const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
      return { p: sub(p, mul(direction, rate)), slots: { velocity } };
    },
  };
}

function nextVelocity(g: Value, { slots, step }: UpdateInputs, { momentum, dampening }: SgdOptions): Value {
  const kept = mul(requireSlot(slots, 'velocity'), momentum);
  if (dampening === 0) return add(kept, g);
  return add(kept, mul(g, where(equal(step, 1), 1, step.graph.scalar(1 - dampening))));
}
