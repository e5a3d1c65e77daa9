import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, warmupFields, warmupSteps } from './warmup.js';

export const stepDecayOptions = z
  .object({
    name: z.literal('step'),
    ...warmupFields,
    stepSize: z.int().positive(),
    gamma: z.number().positive().max(1).default(0.1),
  })
  .strict();

/** gamma^⌊s / stepSize⌋ for s steps after the warm-up: `torch.optim.lr_scheduler.StepLR`. */
export function stepDecay(options: z.infer<typeof stepDecayOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  return afterWarmup(warmup, (step) => options.gamma ** Math.floor((step - warmup) / options.stepSize));
}
